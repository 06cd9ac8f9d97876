import { systemClock } from '../clock.ts';
import type { LeasedRecord, SharedStore } from '../etcd/sharedStore.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { Contributions, encodeContribution } from './contributions.ts';
import { encodeInstance, type Instance, Instances } from './instances.ts';
import type { Ledger, Reservation } from './ledger.ts';
import { OwnCounts } from './ownCounts.ts';
import { PeerCounts } from './peerCounts.ts';
import { Publisher } from './publisher.ts';
import { SyncLag } from './syncLag.ts';
import { UnseenPicks } from './unseenPicks.ts';
import { fairIntervalMs } from './writeBudget.ts';

/** The wait before a failed write is tried again. */
const retryMs = 200;

export interface EtcdLedgerOptions {
  readonly store: SharedStore;
  /** This instance as it is now; asked at each write of its record. */
  readonly self: () => Instance;
  readonly ownId: string;
  readonly minIntervalMs: number;
  /** What all instances together may write. */
  readonly writesPerSecond: number;
  readonly fadeMs: number;
  /** Own writes that fail, or that the watch does not show, for this long mean that the store must be joined anew. */
  readonly patienceMs: number;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'recordSkipped' | 'storeWritten' | 'syncLag'>;
}

/**
 * The ledger of an instance among others: own counts exact and local, published conflated under the
 * instance's lease; peers' counts as their last contributions say. Nothing here is awaited by a decision.
 */
export class EtcdLedger implements Ledger {
  readonly #options: EtcdLedgerOptions;
  readonly #own: OwnCounts;
  readonly #peers: PeerCounts;
  readonly #instances: Instances;
  readonly #lag: SyncLag;
  readonly #unseenPicks = new UnseenPicks();
  readonly #publisher: Publisher;
  readonly #instanceRecord: LeasedRecord;
  #sequence = 0;
  #failingSinceMs: number | undefined;
  #recordsSkipped = 0;

  /** Subscribes to the store, which must not be started yet. */
  constructor(options: EtcdLedgerOptions) {
    this.#options = options;
    const { store, self, ownId, nowMs } = options;
    this.#peers = new PeerCounts(options);
    this.#peers.freeze();
    this.#lag = new SyncLag(options);
    this.#instances = new Instances({ onUnreadable: (key, cause) => this.#skip('instance', key, cause) });
    const contributions = new Contributions({
      ownId,
      peers: this.#peers,
      onOwn: (sequence) => this.#sawOwn(sequence),
      onUnreadable: (key, cause) => this.#skip('load', key, cause),
    });

    const loadRecord = store.keep(`load/${ownId}`, () => this.#encodeOwn());
    this.#instanceRecord = store.keep(`instances/${ownId}`, () => encodeInstance(self()));
    this.#publisher = new Publisher({
      write: () => loadRecord.write(),
      minIntervalMs: () => fairIntervalMs(options, this.#instances.known.size),
      retryMs,
      clock: systemClock,
      onWritten: (outcome) => this.#wrote(outcome, nowMs()),
    });
    this.#own = new OwnCounts(() => this.#publisher.changed());

    store.subscribe('instances/', this.#instances);
    store.subscribe('load/', contributions);
    store.onWatch((state) => (state === 'broken' ? this.#peers.freeze() : this.#peers.thaw()));
    store.onState(({ kind }) => {
      if (kind !== 'joined') this.#peers.freeze();
      // What changed while the records were being written anew is not in them.
      else this.#publisher.changed();
      this.#lag.reset();
      this.#failingSinceMs = undefined;
    });
  }

  reserve(address: string): Reservation {
    this.#unseenPicks.picked(this.#own.total);
    return this.#own.reserve(address);
  }

  inFlight(address: string): number {
    return this.#own.of(address) + this.#peers.of(address);
  }

  ownInFlight(address: string): number {
    return this.#own.of(address);
  }

  unseen(): number {
    return this.#unseenPicks.mean * this.#peers.busy * this.#peers.weight();
  }

  own(): ReadonlyMap<string, number> {
    return this.#own.counts;
  }

  view(): ReadonlyMap<string, number> {
    const view = new Map(this.#own.counts);
    for (const address of this.#peers.sums.keys()) view.set(address, this.inFlight(address));
    return view;
  }

  /** Everybody's record, own included. */
  get instances(): ReadonlyMap<string, Instance> {
    return this.#instances.known;
  }

  /** The peers' last contributions, by instance id. */
  get contributions(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#peers.contributions;
  }

  get recordsSkipped(): number {
    return this.#recordsSkipped;
  }

  viewAgeMs(): number {
    return this.#peers.ageMs();
  }

  syncLagMs(): ReturnType<SyncLag['percentilesMs']> {
    return this.#lag.percentilesMs();
  }

  /** Writes this instance's record again, after it changed. A failure is left to the next join. */
  async announce(): Promise<void> {
    await this.#instanceRecord.write().catch((cause) => {
      this.#options.log.debug({ cause: String(cause) }, 'own instance record not written');
    });
  }

  /** Writes what is not written yet, then no more. */
  async stop(): Promise<void> {
    await this.#publisher.flush().catch((cause) => {
      this.#options.log.warn({ cause: String(cause) }, 'last counts not written');
    });
    this.#publisher.stop();
  }

  #encodeOwn(): Uint8Array {
    this.#sequence += 1;
    this.#lag.sent(this.#sequence);
    this.#unseenPicks.sent(this.#sequence);
    return encodeContribution(this.#sequence, this.#own.counts);
  }

  #sawOwn(sequence: number): void {
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

  #skip(kind: 'instance' | 'load', key: string, cause: unknown): void {
    this.#recordsSkipped += 1;
    this.#options.metrics.recordSkipped(kind);
    this.#options.log.warn({ kind, key, cause: String(cause) }, 'record skipped: it cannot be read');
  }
}
