import { systemClock } from '../clock.ts';
import type { SharedStore } from '../etcd/sharedStore.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Bequest, Bequests, bequestPrefix, encodeBequest } from './bequests.ts';
import { Contributions } from './contributions.ts';
import { encodeInstance, type Instance, Instances } from './instances.ts';
import type { Ledger, Reservation } from './ledger.ts';
import { LoadRecords } from './loadRecords.ts';
import { OwnCounts } from './ownCounts.ts';
import { PeerCounts } from './peerCounts.ts';
import { Publisher } from './publisher.ts';
import { SyncLag } from './syncLag.ts';
import { UnseenPicks } from './unseenPicks.ts';
import { publishIntervalMs, type WriteBudget } from './writeBudget.ts';

/** The wait before a failed write is tried again. */
const retryMs = 200;

export interface EtcdLedgerOptions {
  readonly store: SharedStore;
  /** This instance as it is now; asked at each write of its record. */
  readonly self: () => Omit<Instance, 'id' | 'startedUnixMs' | 'sequence'>;
  readonly ownId: string;
  readonly startedUnixMs: number;
  /** Asked before each write of the counts. */
  readonly writeBudget: () => WriteBudget;
  readonly fadeMs: number;
  /** Own writes that fail, or that the watch does not show, for this long mean that the store must be joined anew. */
  readonly patienceMs: number;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  /** The time of day, in ms since 1970. */
  readonly unixMs: () => number;
  /** Somebody left, and left requests behind. */
  readonly onBequest: (giver: string, bequest: Bequest) => void;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'recordSkipped' | 'storeWritten' | 'syncLag'>;
}

/**
 * The ledger of an instance among others: own counts exact and local, published conflated under the
 * instance's lease; peers' counts as their last contributions say, and what those who left have bequeathed.
 * Nothing here is awaited by a decision.
 */
export class EtcdLedger implements Ledger {
  readonly #options: EtcdLedgerOptions;
  readonly #own: OwnCounts;
  /** The peers' records as they are stored, for the audit. */
  readonly contributions: Contributions;
  readonly #peers: PeerCounts;
  readonly #bequests: Bequests;
  readonly #instances: Instances;
  readonly #lag: SyncLag;
  readonly #unseenPicks = new UnseenPicks();
  readonly #records: LoadRecords;
  readonly #publisher: Publisher;
  readonly #announcer: Publisher;
  #shownSequence = 0;
  #announcement = 0;
  #failingSinceMs: number | undefined;
  #recordsSkipped = 0;

  /** Subscribes to the store, which must not be started yet. */
  constructor(options: EtcdLedgerOptions) {
    this.#options = options;
    const { store, ownId, startedUnixMs, nowMs } = options;
    this.#peers = new PeerCounts(options);
    this.#peers.freeze();
    this.#lag = new SyncLag(options);
    this.#instances = new Instances({
      onUnreadable: (key, cause) => this.#skip('instance', key, cause),
      onCame: () => this.#publisher.intervalChanged(),
    });
    this.contributions = new Contributions({
      ownId,
      peers: this.#peers,
      onOwn: (sequence) => this.#sawOwn(sequence),
      onUnreadable: (key, cause) => this.#skip('load', key, cause),
    });

    this.#bequests = new Bequests({
      ...options,
      onNew: options.onBequest,
      onUnreadable: (key, cause) => this.#skip('bequest', key, cause),
    });

    const instanceRecord = store.keep(`instances/${ownId}`, () =>
      encodeInstance({ ...options.self(), id: ownId, startedUnixMs, sequence: this.#announcement }),
    );
    this.#publisher = new Publisher({
      write: () => this.#publish(),
      minIntervalMs: (writeMs) =>
        publishIntervalMs(options.writeBudget(), { instances: this.#instances.known.size, writeMs }),
      retryMs,
      clock: systemClock,
      onWritten: (outcome) => this.#wrote(outcome, nowMs()),
    });
    this.#own = new OwnCounts((address) => {
      this.#records.changed(address);
      this.#publisher.changed();
    });
    this.#records = new LoadRecords({ ownId, counts: this.#own.counts });
    // One write at a time, so that the last one written is the last one meant.
    this.#announcer = new Publisher({
      write: () => instanceRecord.write(),
      minIntervalMs: () => 0,
      retryMs,
      clock: systemClock,
    });

    store.subscribe('instances/', this.#instances);
    store.subscribe('load/', this.contributions);
    store.subscribe(bequestPrefix, this.#bequests);
    store.onWatch((state) => {
      if (state === 'resumed') return this.#peers.thaw();
      this.#peers.freeze();
      // What is read anew instead of followed shows no single write.
      this.#lag.reset();
    });
    store.onState(({ kind }) => {
      // What was written before vanishes with the lease it was written under.
      this.#records.beginAnew();
      if (kind !== 'joined') this.#peers.freeze();
      else {
        this.#publisher.now();
        // What changed while the record was being written anew is not in it.
        this.#announcer.changed();
      }
      this.#lag.reset();
      this.#failingSinceMs = undefined;
    });
  }

  reserve(address: string): Reservation {
    this.#unseenPicks.picked(this.#own.total);
    return this.#own.reserve(address);
  }

  inFlight(address: string): number {
    return this.#own.of(address) + this.#peers.of(address) + this.#bequests.of(address);
  }

  ownInFlight(address: string): number {
    return this.#own.of(address);
  }

  unseen(): number {
    return this.#unseenPicks.ofPeers({ busy: this.#peers.busy, weight: this.#peers.weight() });
  }

  own(): ReadonlyMap<string, number> {
    return this.#own.counts;
  }

  view(): ReadonlyMap<string, number> {
    const view = new Map(this.#own.counts);
    for (const address of this.#peers.sums.keys()) view.set(address, this.inFlight(address));
    for (const address of this.#bequests.sums().keys()) view.set(address, this.inFlight(address));
    return view;
  }

  /** Everybody's record, own included. */
  get instances(): ReadonlyMap<string, Instance> {
    return this.#instances.known;
  }

  /** What each of the peers has in flight in total; only those with anything. */
  get peerTotals(): ReadonlyMap<string, number> {
    return this.#peers.totals;
  }

  /** Sums of the peers' last contributions, unfaded. */
  get peerSums(): ReadonlyMap<string, number> {
    return this.#peers.sums;
  }

  /** What those who left have left behind, unfaded, by giver. */
  get bequeathed(): ReadonlyMap<string, Bequest> {
    return this.#bequests.known;
  }

  get recordsSkipped(): number {
    return this.#recordsSkipped;
  }

  /** A write does not wait for the end of an interval that is not in force any more. */
  writeBudgetChanged(): void {
    this.#publisher.intervalChanged();
  }

  viewAgeMs(): number {
    return this.#peers.ageMs();
  }

  syncLagMs(): ReturnType<SyncLag['percentilesMs']> {
    return this.#lag.percentilesMs();
  }

  bequests(): ReturnType<Bequests['list']> {
    return this.#bequests.list();
  }

  /** This instance's record changed and is written soon; answers the number that its next version bears. */
  announce(): number {
    this.#announcement += 1;
    this.#announcer.changed();
    return this.#announcement;
  }

  /** The number of this process's own record as the watch showed it last; 0 before it did. */
  shownAnnouncement(): number {
    const own = this.#instances.known.get(this.#options.ownId);
    // An earlier process may have had the same id.
    return own?.startedUnixMs === this.#options.startedUnixMs ? own.sequence : 0;
  }

  /**
   * Nothing waits to be written, and the watch has shown the last write: up to the revision that it has come to,
   * the own record and the own counts are the same.
   */
  get isPublished(): boolean {
    return this.#publisher.isIdle && this.#shownSequence === this.#records.sequence;
  }

  /** Writes once more, changed or not: a sign of life in the watch. */
  publishAgain(): void {
    this.#publisher.changed();
  }

  /** Writes all own counts once more: the store does not have what it was given. */
  publishAnew(): void {
    this.#records.beginAnew();
    this.#publisher.changed();
  }

  /** The process was asleep since then: the lease may be lost, and what is known of others is that old. */
  wokeUp(asleepSinceMs: number): void {
    this.#peers.freeze(asleepSinceMs);
    const sleptMs = Math.round(this.#options.nowMs() - asleepSinceMs);
    this.#options.store.rejoin(`the process did not run for ${sleptMs} ms`);
  }

  /**
   * Leaves requests to the others' views, in the place of this instance's contribution, which is not written
   * any more from this call on. In one step: nobody counts them twice, nobody misses them.
   */
  async bequeath(counts: ReadonlyMap<string, number>, ttlMs: number): Promise<void> {
    const { ownId, startedUnixMs, unixMs, store } = this.#options;
    await this.#publisher.stop();
    await store.leaveBehind({
      // An id that is used again does not overwrite what its earlier bearer left.
      key: `${bequestPrefix}${ownId}/${startedUnixMs}`,
      value: encodeBequest({ counts, bequeathedUnixMs: unixMs(), ttlMs }),
      ttlSeconds: Math.ceil(ttlMs / 1000),
      insteadOf: this.#records.firstKey,
      insteadOfAll: this.#records.chunkPrefix,
    });
  }

  /** Writes what is not written yet, then no more. */
  async stop(): Promise<void> {
    await this.#publisher.flush().catch((cause) => {
      this.#options.log.warn({ cause: String(cause) }, 'last counts not written');
    });
    await Promise.all([this.#publisher.stop(), this.#announcer.stop()]);
  }

  async #publish(): Promise<void> {
    const { changes, sequence, picksTold } = this.#records.next(this.#unseenPicks.picks);
    this.#lag.sent(sequence);
    this.#unseenPicks.sent(sequence, picksTold);
    try {
      await this.#options.store.change(changes);
    } catch (cause) {
      this.#records.beginAnew();
      throw cause;
    }
    if (this.#records.hasMore) this.#publisher.changed();
  }

  #sawOwn(sequence: number): void {
    // A write that comes late, after a newer one, is no progress: the audit is to see what it overwrote.
    this.#shownSequence = Math.max(this.#shownSequence, sequence);
    this.#unseenPicks.seen(sequence);
    const lagMs = this.#lag.seen(sequence);
    if (lagMs !== undefined) this.#options.metrics.syncLag(lagMs);
  }

  #wrote(outcome: 'ok' | 'failed', nowMs: number): void {
    const { metrics, patienceMs, store } = this.#options;
    metrics.storeWritten(outcome);
    if (outcome === 'ok') this.#failingSinceMs = undefined;
    else {
      this.#lag.reset();
      this.#failingSinceMs ??= nowMs;
    }
    if (this.#failingSinceMs !== undefined && nowMs - this.#failingSinceMs > patienceMs) {
      store.rejoin(`writes have failed for ${patienceMs} ms`);
    } else if (this.#lag.waitingMs() > patienceMs) {
      store.rejoin(`the watch has not shown own writes for ${patienceMs} ms`);
    }
  }

  #skip(kind: 'instance' | 'load' | 'bequest', key: string, cause: unknown): void {
    this.#recordsSkipped += 1;
    this.#options.metrics.recordSkipped(kind);
    this.#options.log.warn({ kind, key, cause: String(cause) }, 'record skipped: it cannot be read');
  }
}
