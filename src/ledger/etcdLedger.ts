import type { EtcdMetrics } from '../etcd/metrics.ts';
import type { RecordSubscription } from '../etcd/records.ts';
import type { SessionListeners } from '../etcd/sessionListeners.ts';
import { encodeHandoff, type Handoff } from '../proto/records/handoff.ts';
import type { InstanceRecord } from '../proto/records/instanceRecord.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import type { Log } from '../telemetry/log.ts';
import { Handoffs } from './handoffs.ts';
import { InstanceAnnouncer, type InstanceAnnouncerOptions } from './instanceAnnouncer.ts';
import { InstanceRecords } from './instances.ts';
import type { Ledger } from './ledger.ts';
import { LoadReports } from './loadReports.ts';
import { LocalLoad, type LocalLoadOptions, retryMs } from './localLoad.ts';
import { PeerCounts } from './peerCounts.ts';

export interface EtcdLedgerOptions extends Omit<LocalLoadOptions, 'instances' | 'metrics'> {
  /** This instance as it is now; called at each write of its record. */
  readonly self: InstanceAnnouncerOptions['self'];
  readonly startedUnixMs: number;
  readonly staleDecayMs: number;
  /** The time of day, in ms since 1970. */
  readonly unixMs: () => number;
  /** Somebody left, and left requests behind. */
  readonly onHandoff: (instance: string, handoff: Handoff) => void;
  readonly log: Log;
  readonly metrics: LocalLoadOptions['metrics'] & EtcdMetrics;
}

/**
 * The ledger of an instance among others: own counts exact and local, published conflated under the
 * instance's lease; peers' counts as their last load reports say, and what those who left have bequeathed.
 * Nothing here is awaited by a decision.
 */
export class EtcdLedger implements Ledger {
  readonly #options: EtcdLedgerOptions;
  readonly #own: LocalLoad;
  /** The peers' records as they are stored, for the consistency check. */
  readonly loadReports: LoadReports;
  readonly #peers: PeerCounts;
  readonly #handoffs: Handoffs;
  readonly #instances: InstanceRecords;
  readonly #announcer: InstanceAnnouncer;
  readonly #instanceListeners = new Set<() => void>();
  #recordsSkipped = 0;

  constructor(options: EtcdLedgerOptions) {
    this.#options = options;
    const { ownId } = options;
    this.#peers = new PeerCounts(options);
    this.#peers.markStale();
    this.#instances = new InstanceRecords({
      onUnreadable: (key, cause) => this.#skip('instance', key, cause),
      onCame: () => this.#own.intervalChanged(),
      onChange: () => {
        for (const listener of this.#instanceListeners) listener();
      },
    });
    this.loadReports = new LoadReports({
      ownId,
      peers: this.#peers,
      onOwn: (sequence) => this.#own.acknowledged(sequence),
      onUnreadable: (key, cause) => this.#skip('load', key, cause),
    });

    this.#handoffs = new Handoffs({
      ...options,
      onNew: options.onHandoff,
      onUnreadable: (key, cause) => this.#skip('handoff', key, cause),
    });

    this.#own = new LocalLoad({ ...options, instances: () => this.#instances.known.size });
    this.#announcer = new InstanceAnnouncer({ ...options, localId: ownId, retryMs });
  }

  /** To be handed to the session. */
  get sessionListeners(): Omit<SessionListeners, 'onSynced'> {
    return {
      records: this.#subscriptions,
      leasedRecords: [this.#announcer.record],
      onWatch: (state) => {
        if (state === 'resumed') return this.#peers.markFresh();
        this.#peers.markStale();
        this.#own.watchBroke();
      },
      onState: ({ kind }) => {
        this.#own.storeChanged(kind === 'joined');
        if (kind !== 'joined') this.#peers.markStale();
        else this.#announcer.joined();
      },
    };
  }

  get #subscriptions(): readonly RecordSubscription[] {
    return [
      { prefix: recordKeys.instances, listener: this.#instances },
      { prefix: recordKeys.load, listener: this.loadReports },
      { prefix: recordKeys.handoffs, listener: this.#handoffs },
    ];
  }

  /** Calls back after an instance's record came, changed or went; snapshots are the session's `onSynced`. */
  onInstanceChange(listener: () => void): () => void {
    this.#instanceListeners.add(listener);
    return () => this.#instanceListeners.delete(listener);
  }

  reserve(address: string): Reservation {
    return this.#own.reserve(address);
  }

  inFlight(address: string): number {
    return this.#own.of(address) + this.#peers.of(address) + this.#handoffs.of(address);
  }

  localInFlight(address: string): number {
    return this.#own.of(address);
  }

  unacknowledgedPicks(): number {
    // Those that stepped aside have much in flight in an upgrade, and place nothing more.
    const busy = this.#peers.busy(this.#instances.notServing);
    return this.#own.unacknowledgedPicks.ofPeers({ busy, weight: this.#peers.weight() });
  }

  local(): ReadonlyMap<string, number> {
    return this.#own.counts;
  }

  view(): ReadonlyMap<string, number> {
    const view = new Map(this.#own.counts);
    for (const address of this.#peers.sums.keys()) view.set(address, this.inFlight(address));
    for (const address of this.#handoffs.sums().keys()) view.set(address, this.inFlight(address));
    return view;
  }

  /** Everybody's record, own included. */
  get instances(): ReadonlyMap<string, InstanceRecord> {
    return this.#instances.known;
  }

  /** What each of the peers has in flight in total; only those with anything. */
  get peerTotals(): ReadonlyMap<string, number> {
    return this.#peers.totals;
  }

  /** Sums of the peers' last load reports, unfaded. */
  get peerSums(): ReadonlyMap<string, number> {
    return this.#peers.sums;
  }

  /** What those who left have left behind, unfaded, by giver. */
  get handedOff(): ReadonlyMap<string, Handoff> {
    return this.#handoffs.known;
  }

  get recordsSkipped(): number {
    return this.#recordsSkipped;
  }

  /** A write does not wait for the end of an interval that is not in force any more. */
  writeBudgetChanged(): void {
    this.#own.intervalChanged();
  }

  viewAgeMs(): number {
    return this.#peers.ageMs();
  }

  syncLagMs(): ReturnType<LocalLoad['lagMs']> {
    return this.#own.lagMs();
  }

  handoffs(): ReturnType<Handoffs['list']> {
    return this.#handoffs.list();
  }

  /** This instance's record changed and is written soon; answers the number that its next version bears. */
  announce(): number {
    return this.#announcer.announce();
  }

  /** The number of the announcement that the watch delivered last; 0 before the first. */
  acknowledgedAnnouncement(): number {
    return this.#announcer.acknowledged(this.#instances.known.get(this.#options.ownId));
  }

  /** The own record and the own counts are the same, up to the revision that the watch has come to. */
  get isPublished(): boolean {
    return this.#own.isPublished;
  }

  /** Writes once more, changed or not: a sign of life in the watch. */
  publishAgain(): void {
    this.#own.publishAgain();
  }

  /** Writes all own counts once more: the store does not have what it was given. */
  republish(): void {
    this.#own.republish();
  }

  /** The process was asleep since then: the lease may be lost, and what is known of others is that old. */
  onResumedAfterPause(asleepSinceMs: number): void {
    this.#peers.markStale(asleepSinceMs);
    const sleptMs = Math.round(this.#options.nowMs() - asleepSinceMs);
    this.#options.store.rejoin(`the process did not run for ${sleptMs} ms`);
  }

  /**
   * Leaves requests to the others' views, in the place of this instance's load report, which is not written
   * any more from this call on. In one step: nobody counts them twice, nobody misses them.
   */
  async handOff(counts: ReadonlyMap<string, number>, ttlMs: number): Promise<void> {
    const { ownId, startedUnixMs, unixMs, store } = this.#options;
    await this.#own.stop();
    await store.putDetached({
      // An id that is used again does not overwrite what its earlier bearer left.
      key: `${recordKeys.handoffs}${ownId}/${startedUnixMs}`,
      value: encodeHandoff({ counts, handedOffUnixMs: unixMs(), ttlMs }),
      ttlSeconds: Math.ceil(ttlMs / 1000),
      replaces: this.#own.keys.first,
      replacesAllUnder: this.#own.keys.chunkPrefix,
    });
  }

  /** Writes what is not written yet, then no more. */
  async stop(): Promise<void> {
    await this.#own.flush().catch((cause) => {
      this.#options.log.warn({ cause: String(cause) }, 'last counts not written');
    });
    await Promise.all([this.#own.stop(), this.#announcer.stop()]);
  }

  #skip(kind: 'instance' | 'load' | 'handoff', key: string, cause: unknown): void {
    this.#recordsSkipped += 1;
    this.#options.metrics.recordsSkipped.add(kind);
    this.#options.log.warn({ kind, key, cause: String(cause) }, 'record skipped: it cannot be read');
  }
}
