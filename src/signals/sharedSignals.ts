import type { Clock } from '../clock.ts';
import type { RecordChange, RecordListener, RecordSubscription } from '../etcd/records.ts';
import { Publisher } from '../ledger/publisher.ts';
import { judgeId } from '../proto/records/fields.ts';
import { decodePodSignals, encodePodSignals, type PodSignal } from '../proto/records/podSignals.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { failureKinds, type PodFailure } from './failure.ts';
import { longestDeferralMs } from './podHealth.ts';
import type { PodSignals } from './podSignals.ts';

export interface SharedSignalsOptions {
  readonly localId: string;
  readonly store: { change(changes: readonly RecordChange[]): Promise<void> };
  readonly signals: PodSignals;
  readonly peers: PeerSignals;
  readonly isInPool: (address: string) => boolean;
  /** Within [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
  readonly onUnreadable: (key: string, cause: unknown) => void;
}

/** The reports of the other instances, by instance and by address. */
export class PeerSignals {
  readonly reports = new Map<string, ReadonlyMap<string, PodSignal>>();

  /** Recent failures of a pod that other instances have observed. */
  failures(address: string): number {
    let sum = 0;
    for (const report of this.reports.values()) sum += report.get(address)?.failures ?? 0;
    return sum;
  }
}

/** At most one write in this time. */
const minIntervalMs = 50;
const retryMs = 200;
/** So many recent good responses and no failure contradict a peer. */
const contradiction = 8;

/**
 * Shares what instances find of pods through etcd, so that a failing pod needs its victims once and
 * not once for each instance. Each instance writes what it has observed itself, under its lease.
 * Without etcd each goes on alone.
 */
export class SharedSignals implements RecordListener {
  readonly #options: SharedSignalsOptions;
  readonly #publisher: Publisher;
  #isWritten = false;

  constructor(options: SharedSignalsOptions) {
    this.#options = options;
    const { clock, signals } = options;
    this.#publisher = new Publisher({
      write: () => this.#write(),
      minIntervalMs: () => minIntervalMs,
      retryMs,
      clock,
    });
    signals.onChange(() => this.#publisher.changed());
  }

  get subscription(): RecordSubscription {
    return { prefix: recordKeys.signals, listener: this };
  }

  /** The session joined: earlier records vanished with the old lease. */
  onJoined(): void {
    if (this.#isWritten) this.#publisher.changed();
  }

  stop(): Promise<void> {
    return this.#publisher.stop();
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    const { reports } = this.#options.peers;
    for (const id of [...reports.keys()]) if (!records.has(id)) reports.delete(id);
    for (const [id, value] of records) this.onPut(id, value);
  }

  onPut(id: string, value: Uint8Array): void {
    const { localId, peers, onUnreadable } = this.#options;
    if (id === localId) return;
    let report: ReadonlyMap<string, PodSignal>;
    try {
      judgeId('the id in the key', id);
      report = decodePodSignals(value);
    } catch (cause) {
      onUnreadable(id, cause);
      return;
    }
    const before = peers.reports.get(id) ?? new Map<string, PodSignal>();
    peers.reports.set(id, report);
    for (const [address, signal] of report) this.#onSignal(id, address, signal, before.get(address));
    for (const address of before.keys()) if (!report.has(address)) this.#onTrusted(id, address);
  }

  /** The instance is gone; what it has found ends with its time. */
  onDelete(id: string): void {
    this.#options.peers.reports.delete(id);
  }

  #onSignal(from: string, address: string, signal: PodSignal, before: PodSignal | undefined): void {
    const { signals, random, localId } = this.#options;
    if (!this.#options.isInPool(address)) return;
    const pod = signals.record(address);
    const nowMs = this.#options.clock.nowMs();
    if (pod && pod.successes.at(nowMs) >= contradiction && pod.failures.at(nowMs) < 1) return;
    const isNew = signal.remainingMs > 0 && (before?.remainingMs === 0 || before?.level !== signal.level);
    if (isNew) {
      const health = signals.health(address);
      // The instance that found the failures tries the pod first; each other one waits longer.
      const waitMs = (longestDeferralMs / 2) * (1 + random());
      if (health.kind === 'quarantined' && health.from === undefined) {
        if (from < localId) signals.apply(address, { kind: 'deferred', byMs: waitMs });
        return;
      }
      const { level, remainingMs } = signal;
      const reason = knownReason(signal.reason);
      const event = {
        kind: 'convicted-by-peer',
        reason,
        level,
        remainingMs: remainingMs + waitMs,
        from,
      } as const;
      signals.apply(address, event);
    } else if (signal.failures > (before?.failures ?? 0)) signals.reconsider(address);
  }

  #onTrusted(from: string, address: string): void {
    const { signals } = this.#options;
    const health = signals.health(address);
    if (health.kind === 'quarantined' && health.from === from) signals.apply(address, { kind: 'acquitted' });
  }

  async #write(): Promise<void> {
    const { store, localId } = this.#options;
    const found = this.#found();
    if (found.size === 0 && !this.#isWritten) return;
    await store.change([{ kind: 'put', key: recordKeys.signals + localId, value: encodePodSignals(found) }]);
    this.#isWritten = found.size > 0;
  }

  /** What this instance has observed itself. */
  #found(): Map<string, PodSignal> {
    const nowMs = this.#options.clock.nowMs();
    const found = new Map<string, PodSignal>();
    for (const { address, health, failures, lastFailure } of this.#options.signals.noticed()) {
      if (health.kind === 'quarantined' && health.from !== undefined) continue;
      const isJudged = health.kind === 'quarantined' || health.kind === 'trial';
      const observed = Math.round(failures.at(nowMs));
      if (!isJudged && observed === 0) continue;
      found.set(address, {
        failures: observed,
        remainingMs: health.kind === 'quarantined' ? Math.max(1, Math.round(health.untilMs - nowMs)) : 0,
        level: isJudged ? health.level : 0,
        reason: isJudged ? health.reason : lastFailure,
        isOnTrial: health.kind === 'trial',
      });
    }
    return found;
  }
}

function knownReason(reason: string): PodFailure {
  return failureKinds.find((kind) => kind === reason) ?? 'server-error';
}
