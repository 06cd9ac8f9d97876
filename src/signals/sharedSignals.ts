import type { Clock } from '../clock.ts';
import {
  collectSnapshot,
  type RecordChange,
  type RecordListener,
  type RecordSnapshot,
} from '../etcd/records.ts';
import { Publisher } from '../ledger/publisher.ts';
import { judgeId } from '../proto/records/fields.ts';
import { decodePodSignals, encodePodSignals, type PodSignal } from '../proto/records/podSignals.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { failureKinds, type PodFailure } from './failure.ts';
import { judges, leads, type PeerSignals } from './peerSignals.ts';
import { isJudged, longestDeferralMs } from './podHealth.ts';
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

/** The first writes follow each other this closely: every one of them may save requests. */
const burstIntervalMs = 10;
const burstWrites = 8;
/** Where failures go on, a pod is out already, or none can be. */
const minIntervalMs = 250;
const retryMs = 200;

/**
 * Shares what instances find of pods through etcd, so that a failing pod needs its victims once and
 * not once for each instance. Each instance writes what it has observed itself, under its lease.
 * Without etcd each goes on alone.
 */
export class SharedSignals implements RecordListener {
  readonly #options: SharedSignalsOptions;
  readonly #publisher: Publisher;
  /** Pods that passed this instance's own trials although that peer goes on to quarantine them. */
  readonly #disbelieved = new Map<string, Set<string>>();
  /** When the last few writes began, oldest first. */
  readonly #writesMs: number[] = [];
  #isWritten = false;

  constructor(options: SharedSignalsOptions) {
    this.#options = options;
    const { clock, signals } = options;
    this.#publisher = new Publisher({
      write: () => this.#write(),
      minIntervalMs: () => this.#minIntervalMs(),
      retryMs,
      clock,
    });
    signals.onChange((address) => this.#onChange(address));
  }

  /** The session joined: earlier records vanished with the old lease. */
  onJoined(): void {
    if (this.#isWritten) this.#publisher.changed();
  }

  stop(): Promise<void> {
    return this.#publisher.stop();
  }

  beginSnapshot(): RecordSnapshot {
    return collectSnapshot((records) => {
      const { reports } = this.#options.peers;
      for (const id of [...reports.keys()]) if (!records.has(id)) reports.delete(id);
      for (const [id, value] of records) this.onPut(id, value);
    });
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
    const before = peers.reports.get(id);
    peers.reports.set(id, report);
    for (const [address, signal] of report) this.#onSignal(id, address, signal, before?.get(address));
    for (const [address, signal] of before ?? []) {
      const now = report.get(address);
      if (judges(signal) && !(now && judges(now))) this.#onTrusted(id, address);
    }
  }

  /** The instance is gone; what it has found ends with its time. */
  onDelete(id: string): void {
    this.#options.peers.reports.delete(id);
    this.#disbelieved.delete(id);
  }

  #onSignal(from: string, address: string, signal: PodSignal, before: PodSignal | undefined): void {
    const { signals, isInPool } = this.#options;
    if (!isInPool(address)) return;
    const isNew = signal.remainingMs > 0 && (!before?.remainingMs || before.level !== signal.level);
    if (isNew) this.#onQuarantine(from, address, signal);
    else if (signal.failures > (before?.failures ?? 0)) signals.onPeerFailure(address);
    else if (signal.isSuspected && !before?.isSuspected) signals.apply(address, { kind: 'sign' });
    if (signal.earlyEnds !== (before?.earlyEnds ?? 0)) signals.onPeerEarlyEnd(address);
  }

  /** At once: each request until then may be lost. */
  #onQuarantine(from: string, address: string, signal: PodSignal): void {
    const { signals, localId } = this.#options;
    const isBelieved =
      !this.#disbelieved.get(from)?.has(address) || (signals.record(address)?.guilt.bits ?? 0) > 0;
    if (!isBelieved) return;
    const health = signals.health(address);
    if (isJudged(health)) {
      const leader = health.from ?? localId;
      if (from !== leader && !leads(signal.level, from, health.level, leader)) return;
    }
    this.#follow(from, address, signal);
  }

  #follow(from: string, address: string, { reason, level, remainingMs }: PodSignal): void {
    const { signals, random } = this.#options;
    const waitMs = (longestDeferralMs / 2) * (1 + random());
    signals.apply(address, {
      kind: 'convicted-by-peer',
      reason: knownReason(reason),
      level,
      remainingMs: remainingMs + waitMs,
      from,
    });
  }

  /** The peer trusts the pod again, or follows another one now. */
  #onTrusted(from: string, address: string): void {
    const { signals, peers } = this.#options;
    this.#disbelieved.get(from)?.delete(address);
    const health = signals.health(address);
    if (!isJudged(health) || health.from !== from) return;
    const leader = peers.leader(address);
    if (leader === undefined) signals.apply(address, { kind: 'acquitted' });
    else this.#follow(leader.id, address, leader.signal);
  }

  #onChange(address: string): void {
    this.#publisher.changed();
    const { signals, peers } = this.#options;
    if (signals.health(address).kind !== 'trusted') return;
    for (const [id, report] of peers.reports) {
      const signal = report.get(address);
      if (signal === undefined || !judges(signal)) continue;
      const pods = this.#disbelieved.get(id) ?? new Set();
      this.#disbelieved.set(id, pods.add(address));
    }
  }

  #minIntervalMs(): number {
    const [eighthLastMs = Number.NEGATIVE_INFINITY] = this.#writesMs;
    const isBurst = this.#options.clock.nowMs() - eighthLastMs > 1_000;
    return isBurst ? burstIntervalMs : minIntervalMs;
  }

  async #write(): Promise<void> {
    const { store, localId } = this.#options;
    const found = this.#found();
    if (found.size === 0 && !this.#isWritten) return;
    this.#writesMs.push(this.#options.clock.nowMs());
    if (this.#writesMs.length > burstWrites) this.#writesMs.shift();
    await store.change([{ kind: 'put', key: recordKeys.signals + localId, value: encodePodSignals(found) }]);
    this.#isWritten = found.size > 0;
  }

  /** What this instance has observed itself. */
  #found(): Map<string, PodSignal> {
    const nowMs = this.#options.clock.nowMs();
    const found = new Map<string, PodSignal>();
    for (const pod of this.#options.signals.noticed()) {
      const { address, health } = pod;
      // What another instance has found is in its record.
      const isFollower = isJudged(health) && health.from !== undefined;
      const own = isJudged(health) && !isFollower ? health : undefined;
      const signal = {
        failures: isFollower ? 0 : Math.round(pod.failures.at(nowMs)),
        remainingMs: own?.kind === 'quarantined' ? Math.max(1, Math.round(own.untilMs - nowMs)) : 0,
        level: own?.level ?? 0,
        reason: own?.reason ?? pod.lastFailure,
        isOnTrial: own?.kind === 'trial',
        isSuspected: !isFollower && pod.signUntilMs > nowMs,
        earlyEnds: isFollower ? 0 : pod.announcedEarlyEnds,
      };
      if (own || signal.failures > 0 || signal.isSuspected || signal.earlyEnds > 0)
        found.set(address, signal);
    }
    return found;
  }
}

function knownReason(reason: string): PodFailure {
  return failureKinds.find((kind) => kind === reason) ?? 'server-error';
}
