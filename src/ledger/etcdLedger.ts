import { type DetachedRecord, putDetachedRecord } from '../etcd/detachedRecord.ts';
import type { SessionListeners } from '../etcd/sessionListeners.ts';
import { encodeHandoff, type Handoff } from '../proto/records/handoff.ts';
import type { InstanceRecord } from '../proto/records/instanceRecord.ts';
import { type OnRecordSkipped, recordKeys } from '../proto/records/recordKeys.ts';
import { subscriptionTo } from '../proto/records/recordRules.ts';
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
  /** An instance stopped and handed off requests. */
  readonly onHandoff: (instance: string, handoff: Handoff) => void;
  readonly onSkipped: OnRecordSkipped;
  readonly log: Log;
  readonly metrics: LocalLoadOptions['metrics'];
}

/**
 * The ledger of an instance among others: exact local counts, published under its lease, and the
 * counts of peers from their last load reports and handoffs. No decision awaits it.
 */
export class EtcdLedger implements Ledger {
  readonly #options: EtcdLedgerOptions;
  readonly #local: LocalLoad;
  /** The peers' load reports as they are stored, for the consistency check. */
  readonly loadReports: LoadReports;
  readonly #peers: PeerCounts;
  readonly #handoffs: Handoffs;
  readonly #instances: InstanceRecords;
  readonly #announcer: InstanceAnnouncer;
  readonly #instanceListeners = new Set<() => void>();

  constructor(options: EtcdLedgerOptions) {
    this.#options = options;
    const { localId, clock } = options;
    const nowMs = () => clock.nowMs();
    this.#peers = new PeerCounts({ staleDecayMs: options.staleDecayMs, nowMs });
    this.#peers.markStale();
    this.#instances = new InstanceRecords({
      onUnreadable: (key, cause) => options.onSkipped('instances', key, cause),
      onAdded: () => this.#local.intervalChanged(),
      onDeleted: (id) => {
        if (id === localId) this.#announcer.announceAgain();
      },
      onChange: () => {
        for (const listener of this.#instanceListeners) listener();
      },
    });
    this.loadReports = new LoadReports({
      localId,
      peers: this.#peers,
      onLocal: (sequence) => this.#local.acknowledged(sequence),
      onUnreadable: (key, cause) => options.onSkipped('load', key, cause),
    });
    this.#handoffs = new Handoffs({
      nowMs,
      unixMs: options.unixMs,
      onNew: options.onHandoff,
      onUnreadable: (key, cause) => options.onSkipped('handoffs', key, cause),
    });
    this.#local = new LocalLoad({ ...options, instances: () => this.#instances.known.size });
    this.#announcer = new InstanceAnnouncer({ ...options, retryMs });
  }

  /** For `EtcdSession.start`. */
  get sessionListeners(): Omit<SessionListeners, 'onSynced' | 'onWrites' | 'onIgnored'> {
    return {
      records: [
        subscriptionTo('instances', this.#instances),
        subscriptionTo('load', this.loadReports),
        subscriptionTo('handoffs', this.#handoffs),
      ],
      leasedRecords: [this.#announcer.record],
      onWatch: (state) => {
        if (state === 'resumed') return this.#peers.markFresh();
        this.#peers.markStale();
        this.#local.watchBroke();
      },
      onState: ({ kind }) => {
        this.#local.storeChanged(kind === 'joined');
        if (kind !== 'joined') this.#peers.markStale();
        else this.#announcer.announceAgain();
      },
    };
  }

  /**
   * Calls back after each change of an instance's record. A snapshot is no change: see `onSynced`.
   */
  onInstanceChange(listener: () => void): () => void {
    this.#instanceListeners.add(listener);
    return () => this.#instanceListeners.delete(listener);
  }

  reserve(address: string): Reservation {
    return this.#local.reserve(address);
  }

  inFlight(address: string): number {
    return this.#local.of(address) + this.#peers.of(address) + this.#handoffs.of(address);
  }

  localInFlight(address: string): number {
    return this.#local.of(address);
  }

  assignedTokens(address: string): number | undefined {
    const ofPeers = this.#peers.tokens(address);
    return ofPeers === undefined ? undefined : ofPeers + this.#local.assignedTokens(address);
  }

  assign(address: string, tokens: number): void {
    this.#local.assign(address, tokens);
  }

  unacknowledgedPicks(): number {
    // In an upgrade, instances in standby have much in flight and pick no more.
    const busy = this.#peers.busy(this.#instances.notServing);
    return this.#local.unacknowledgedPicks.ofPeers({ busy, weight: this.#peers.weight() });
  }

  local(): ReadonlyMap<string, number> {
    return this.#local.counts;
  }

  view(): ReadonlyMap<string, number> {
    const view = new Map(this.#local.counts);
    for (const address of this.#peers.sums.keys()) view.set(address, this.inFlight(address));
    for (const address of this.#handoffs.sums().keys()) view.set(address, this.inFlight(address));
    return view;
  }

  /** How many instances take new traffic. */
  get serving(): number {
    return this.#instances.serving;
  }

  /** Of all instances, this one included. */
  get instances(): ReadonlyMap<string, InstanceRecord> {
    return this.#instances.known;
  }

  /** Requests in flight by peer; only peers with any. */
  get peerTotals(): ReadonlyMap<string, number> {
    return this.#peers.totals;
  }

  /** Sums of the peers' last load reports by address, without decay. */
  get peerSums(): ReadonlyMap<string, number> {
    return this.#peers.sums;
  }

  /** Handoffs by name, without decay. */
  get handedOff(): ReadonlyMap<string, Handoff> {
    return this.#handoffs.known;
  }

  /** A due write waits for the new interval instead of the old one. */
  writeBudgetChanged(): void {
    this.#local.intervalChanged();
  }

  viewAgeMs(): number {
    return this.#peers.ageMs();
  }

  syncLagMs(): ReturnType<LocalLoad['lagMs']> {
    return this.#local.lagMs();
  }

  handoffs(): ReturnType<Handoffs['list']> {
    return this.#handoffs.list();
  }

  /** This instance's record changed; returns the sequence number of the version that follows. */
  announce(): number {
    return this.#announcer.announce();
  }

  /** The number of the announcement that the watch delivered last; 0 before the first. */
  acknowledgedAnnouncement(): number {
    return this.#announcer.acknowledged(this.#instances.known.get(this.#options.localId));
  }

  /**
   * The stored load report equals the local counts, up to the revision that the watch has reached.
   */
  get isPublished(): boolean {
    return this.#local.isPublished;
  }

  /** Writes once more, changed or not, so that the watch delivers an event. */
  publishAgain(): void {
    this.#local.publishAgain();
  }

  /** Writes all local counts again: what is stored differs from what was written. */
  republish(): void {
    this.#local.republish();
  }

  /**
   * The process was paused since then: the lease may be lost, and the peers' counts are that old.
   */
  onResumedAfterPause(pausedSinceMs: number): void {
    this.#peers.markStale(pausedSinceMs);
    const pausedMs = Math.round(this.#options.clock.nowMs() - pausedSinceMs);
    this.#options.store.rejoin(`the process was paused for ${pausedMs} ms`);
  }

  /**
   * Replaces this instance's load report, which it writes no more from this call on, by a handoff.
   * It does so in one transaction: no view counts a request twice or misses it.
   */
  async handOff(counts: ReadonlyMap<string, number>, ttlMs: number): Promise<void> {
    const { localId, startedUnixMs, unixMs, store } = this.#options;
    await this.#local.stop();
    const handoff: DetachedRecord = {
      // A later process with the same id does not overwrite the handoff of an earlier one.
      key: `${recordKeys.handoffs}${localId}/${startedUnixMs}`,
      value: encodeHandoff({ counts, handedOffUnixMs: unixMs(), ttlMs }),
      ttlSeconds: Math.ceil(ttlMs / 1000),
      replaces: this.#local.keys.first,
      replacesAllUnder: this.#local.keys.chunkPrefix,
    };
    await store.withClient((client) => putDetachedRecord(client, handoff));
  }

  /** Writes what is due, then no more. */
  async stop(): Promise<void> {
    await this.#local.flush().catch((cause) => {
      this.#options.log.warn({ event: 'ledger.flush-failed', cause }, 'last counts not written');
    });
    await Promise.all([this.#local.stop(), this.#announcer.stop()]);
  }
}
