import { systemClock } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Bequest, Bequests, bequestPrefix, encodeBequest } from './bequests.ts';
import { Contributions } from './contributions.ts';
import { encodeInstance, type Instance, Instances } from './instances.ts';
import type { Ledger, Reservation } from './ledger.ts';
import { OwnLoad, type OwnLoadOptions, retryMs } from './ownLoad.ts';
import { PeerCounts } from './peerCounts.ts';
import { Publisher } from './publisher.ts';

export interface EtcdLedgerOptions extends Omit<OwnLoadOptions, 'instances' | 'metrics'> {
  /** This instance as it is now; asked at each write of its record. */
  readonly self: () => Omit<Instance, 'id' | 'startedUnixMs' | 'sequence'>;
  readonly startedUnixMs: number;
  readonly fadeMs: number;
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
  readonly #own: OwnLoad;
  /** The peers' records as they are stored, for the audit. */
  readonly contributions: Contributions;
  readonly #peers: PeerCounts;
  readonly #bequests: Bequests;
  readonly #instances: Instances;
  readonly #announcer: Publisher;
  #announcement = 0;
  #recordsSkipped = 0;

  /** Subscribes to the store, which must not be started yet. */
  constructor(options: EtcdLedgerOptions) {
    this.#options = options;
    const { store, ownId, startedUnixMs } = options;
    this.#peers = new PeerCounts(options);
    this.#peers.freeze();
    this.#instances = new Instances({
      onUnreadable: (key, cause) => this.#skip('instance', key, cause),
      onCame: () => this.#own.intervalChanged(),
    });
    this.contributions = new Contributions({
      ownId,
      peers: this.#peers,
      onOwn: (sequence) => this.#own.shown(sequence),
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
    this.#own = new OwnLoad({ ...options, instances: () => this.#instances.known.size });
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
      this.#own.watchBroke();
    });
    store.onState(({ kind }) => {
      this.#own.storeChanged(kind === 'joined');
      if (kind !== 'joined') this.#peers.freeze();
      // What changed while the record was being written anew is not in it.
      else this.#announcer.changed();
    });
  }

  reserve(address: string): Reservation {
    return this.#own.reserve(address);
  }

  inFlight(address: string): number {
    return this.#own.of(address) + this.#peers.of(address) + this.#bequests.of(address);
  }

  ownInFlight(address: string): number {
    return this.#own.of(address);
  }

  unseen(): number {
    // Those that stepped aside have much in flight in an upgrade, and place nothing more.
    const busy = this.#peers.busy(this.#instances.aside);
    return this.#own.unseenPicks.ofPeers({ busy, weight: this.#peers.weight() });
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
    this.#own.intervalChanged();
  }

  viewAgeMs(): number {
    return this.#peers.ageMs();
  }

  syncLagMs(): ReturnType<OwnLoad['lagMs']> {
    return this.#own.lagMs();
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

  /** The own record and the own counts are the same, up to the revision that the watch has come to. */
  get isPublished(): boolean {
    return this.#own.isPublished;
  }

  /** Writes once more, changed or not: a sign of life in the watch. */
  publishAgain(): void {
    this.#own.publishAgain();
  }

  /** Writes all own counts once more: the store does not have what it was given. */
  publishAnew(): void {
    this.#own.publishAnew();
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
    await this.#own.stop();
    await store.leaveBehind({
      // An id that is used again does not overwrite what its earlier bearer left.
      key: `${bequestPrefix}${ownId}/${startedUnixMs}`,
      value: encodeBequest({ counts, bequeathedUnixMs: unixMs(), ttlMs }),
      ttlSeconds: Math.ceil(ttlMs / 1000),
      insteadOf: this.#own.keys.first,
      insteadOfAll: this.#own.keys.chunkPrefix,
    });
  }

  /** Writes what is not written yet, then no more. */
  async stop(): Promise<void> {
    await this.#own.flush().catch((cause) => {
      this.#options.log.warn({ cause: String(cause) }, 'last counts not written');
    });
    await Promise.all([this.#own.stop(), this.#announcer.stop()]);
  }

  #skip(kind: 'instance' | 'load' | 'bequest', key: string, cause: unknown): void {
    this.#recordsSkipped += 1;
    this.#options.metrics.recordSkipped(kind);
    this.#options.log.warn({ kind, key, cause: String(cause) }, 'record skipped: it cannot be read');
  }
}
