import { systemClock } from '../clock.ts';
import type { EtcdSession } from '../etcd/etcdSession.ts';
import type { Reservation } from '../scheduling/reservation.ts';
import { LoadRecords } from './loadRecords.ts';
import { LocalCounts } from './localCounts.ts';
import type { LedgerMetrics } from './metrics.ts';
import { Publisher } from './publisher.ts';
import { SyncLag } from './syncLag.ts';
import { UnacknowledgedPicks } from './unacknowledgedPicks.ts';
import { publishIntervalMs, type WriteBudget } from './writeBudget.ts';

/** The wait before a failed write is tried again. */
export const retryMs = 200;

export interface LocalLoadOptions {
  readonly store: EtcdSession;
  readonly ownId: string;
  /** Asked before each write. */
  readonly writeBudget: () => WriteBudget;
  /** How many instances share the store. */
  readonly instances: () => number;
  /** Own writes that fail, or that the watch does not show, for this long mean that the store must be joined anew. */
  readonly timeoutMs: number;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  readonly metrics: Pick<LedgerMetrics, 'storeWrites' | 'syncLag'>;
}

/**
 * What this instance has in flight: counted exactly here, written to the store conflated. Its own writes are
 * watched for as they come back, which tells how late the peers are, and whether the store is followed at all.
 */
export class LocalLoad {
  readonly #options: LocalLoadOptions;
  readonly #counts: LocalCounts;
  readonly #records: LoadRecords;
  readonly #publisher: Publisher;
  readonly #lag: SyncLag;
  readonly unacknowledgedPicks = new UnacknowledgedPicks();
  #shownSequence = 0;
  #failingSinceMs: number | undefined;

  constructor(options: LocalLoadOptions) {
    this.#options = options;
    this.#lag = new SyncLag(options);
    this.#publisher = new Publisher({
      write: () => this.#publish(),
      minIntervalMs: (writeMs) =>
        publishIntervalMs(options.writeBudget(), { instances: options.instances(), writeMs }),
      retryMs,
      clock: systemClock,
      onWritten: (outcome) => this.#wrote(outcome),
    });
    this.#counts = new LocalCounts((address) => {
      this.#records.changed(address);
      this.#publisher.changed();
    });
    this.#records = new LoadRecords({ ownId: options.ownId, counts: this.#counts.counts });
  }

  reserve(address: string): Reservation {
    this.unacknowledgedPicks.picked(this.#counts.total);
    return this.#counts.reserve(address);
  }

  of(address: string): number {
    return this.#counts.of(address);
  }

  /** Requests in flight by address. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts.counts;
  }

  /** The keys under which they are stored: one, and what begins with the other. */
  get keys(): { readonly first: string; readonly chunkPrefix: string } {
    return { first: this.#records.firstKey, chunkPrefix: this.#records.chunkPrefix };
  }

  lagMs(): ReturnType<SyncLag['percentilesMs']> {
    return this.#lag.percentilesMs();
  }

  /**
   * Nothing waits to be written, and the watch has shown the last write: up to the revision that it has come to,
   * the own record and the own counts are the same.
   */
  get isPublished(): boolean {
    return this.#publisher.isIdle && this.#shownSequence === this.#records.sequence;
  }

  /** The watch showed the write with this number. */
  acknowledged(sequence: number): void {
    // A write that comes late, after a newer one, is no progress: the consistency check is to see what it overwrote.
    this.#shownSequence = Math.max(this.#shownSequence, sequence);
    this.unacknowledgedPicks.seen(sequence);
    const lagMs = this.#lag.seen(sequence);
    if (lagMs !== undefined) this.#options.metrics.syncLag.record(lagMs / 1000);
  }

  /** The watch broke: what is read anew instead of followed shows no single write. */
  watchBroke(): void {
    this.#lag.reset();
  }

  /** The store is joined with a new lease, or left: what was written before vanishes with the old one. */
  storeChanged(isJoined: boolean): void {
    this.#records.reset();
    if (isJoined) this.#publisher.now();
    this.#lag.reset();
    this.#failingSinceMs = undefined;
  }

  /** A write does not wait for the end of an interval that is not in force any more. */
  intervalChanged(): void {
    this.#publisher.intervalChanged();
  }

  /** Writes once more, changed or not: a sign of life in the watch. */
  publishAgain(): void {
    this.#publisher.changed();
  }

  /** Writes all counts once more: the store does not have what it was given. */
  republish(): void {
    this.#records.reset();
    this.#publisher.changed();
  }

  /** Writes what is not written yet, now. */
  flush(): Promise<void> {
    return this.#publisher.flush();
  }

  /** Writes no more, from this call on. */
  stop(): Promise<void> {
    return this.#publisher.stop();
  }

  async #publish(): Promise<void> {
    const { changes, sequence, picksTold } = this.#records.next(this.unacknowledgedPicks.picks);
    this.#lag.sent(sequence);
    this.unacknowledgedPicks.sent(sequence, picksTold);
    try {
      await this.#options.store.change(changes);
    } catch (cause) {
      this.#records.reset();
      throw cause;
    }
    if (this.#records.hasMore) this.#publisher.changed();
  }

  #wrote(outcome: 'ok' | 'failed'): void {
    const { metrics, timeoutMs, store, nowMs } = this.#options;
    metrics.storeWrites.add(outcome);
    if (outcome === 'ok') this.#failingSinceMs = undefined;
    else {
      this.#lag.reset();
      this.#failingSinceMs ??= nowMs();
    }
    if (this.#failingSinceMs !== undefined && nowMs() - this.#failingSinceMs > timeoutMs) {
      store.rejoin(`writes have failed for ${timeoutMs} ms`);
    } else if (this.#lag.waitingMs() > timeoutMs) {
      store.rejoin(`the watch has not shown own writes for ${timeoutMs} ms`);
    }
  }
}
