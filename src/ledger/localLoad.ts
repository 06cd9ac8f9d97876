import type { Clock } from '../clock.ts';
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
  readonly localId: string;
  /** Called before each write. */
  readonly writeBudget: () => WriteBudget;
  /** The number of instances that share the budget. */
  readonly instances: () => number;
  /** After writes without an event in the watch for this long, another member is followed. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly metrics: Pick<LedgerMetrics, 'storeWrites' | 'syncLag'>;
}

/**
 * What this instance has in flight: counted exactly, and written to etcd conflated. The delivery of
 * its own writes by its watch shows how late the peers' views are, and whether the watch still
 * follows.
 */
export class LocalLoad {
  readonly #options: LocalLoadOptions;
  readonly #counts: LocalCounts;
  readonly #records: LoadRecords;
  readonly #publisher: Publisher;
  readonly #lag: SyncLag;
  readonly unacknowledgedPicks = new UnacknowledgedPicks();
  #acknowledgedSequence = 0;

  constructor(options: LocalLoadOptions) {
    this.#options = options;
    this.#lag = new SyncLag({ nowMs: () => options.clock.nowMs() });
    this.#publisher = new Publisher({
      write: () => this.#publish(),
      minIntervalMs: (writeMs) =>
        publishIntervalMs(options.writeBudget(), {
          instances: options.instances(),
          writeMs,
          placesPrompts: this.#counts.tokens !== undefined,
        }),
      retryMs,
      clock: options.clock,
      onWritten: (outcome) => this.#onWritten(outcome),
    });
    this.#counts = new LocalCounts((address) => {
      this.#records.changed(address);
      this.#publisher.changed();
    });
    this.#records = new LoadRecords({
      localId: options.localId,
      counts: this.#counts.counts,
      tokens: () => this.#counts.tokens,
    });
  }

  reserve(address: string): Reservation {
    this.unacknowledgedPicks.picked(this.#counts.total);
    return this.#counts.reserve(address);
  }

  /** So many tokens of a prompt that is reserved next are not cached there. */
  assign(address: string, tokens: number): void {
    this.#counts.assign(address, tokens);
  }

  assignedTokens(address: string): number {
    return this.#counts.tokensInAll(address);
  }

  of(address: string): number {
    return this.#counts.of(address);
  }

  /** Requests in flight by address. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts.counts;
  }

  /** Where the counts are stored: at one key, and under a prefix. */
  get keys(): { readonly first: string; readonly chunkPrefix: string } {
    return { first: this.#records.firstKey, chunkPrefix: this.#records.chunkPrefix };
  }

  lagMs(): ReturnType<SyncLag['percentilesMs']> {
    return this.#lag.percentilesMs();
  }

  /**
   * No write is due, and the watch has delivered the last one: at the revision that it has reached,
   * the stored load report equals the local counts.
   */
  get isPublished(): boolean {
    return this.#publisher.isIdle && this.#acknowledgedSequence === this.#records.sequence;
  }

  /** The watch delivered the write with this sequence number. */
  acknowledged(sequence: number): void {
    // A late write, after a newer one, is no progress: the consistency check must find what it
    // overwrote.
    this.#acknowledgedSequence = Math.max(this.#acknowledgedSequence, sequence);
    this.unacknowledgedPicks.acknowledged(sequence);
    const lagMs = this.#lag.acknowledged(sequence);
    if (lagMs !== undefined) this.#options.metrics.syncLag.record(lagMs / 1000);
  }

  /** The watch broke: a snapshot acknowledges no single write. */
  watchBroke(): void {
    this.#lag.reset();
  }

  /** The session joined with a new lease, or left: earlier writes vanish with the old lease. */
  storeChanged(isJoined: boolean): void {
    this.#records.reset();
    if (isJoined) this.#publisher.now();
    this.#lag.reset();
  }

  /** A due write waits for the new interval instead of the old one. */
  intervalChanged(): void {
    this.#publisher.intervalChanged();
  }

  /** Writes once more, changed or not, so that the watch delivers an event. */
  publishAgain(): void {
    this.#publisher.changed();
  }

  /** Writes all counts again: what is stored differs from what was written. */
  republish(): void {
    this.#records.reset();
    this.#publisher.changed();
  }

  /** Writes what is due, now. */
  flush(): Promise<void> {
    return this.#publisher.flush();
  }

  /** Writes no more, from this call on. */
  stop(): Promise<void> {
    return this.#publisher.stop();
  }

  async #publish(): Promise<void> {
    const { changes, sequence, publishedPicks } = this.#records.next(this.unacknowledgedPicks.picks);
    this.#lag.sent(sequence);
    this.unacknowledgedPicks.sent(sequence, publishedPicks);
    try {
      await this.#options.store.change(changes);
    } catch (cause) {
      this.#records.reset();
      throw cause;
    }
    if (this.#records.hasMore) this.#publisher.changed();
  }

  #onWritten(outcome: 'ok' | 'failed'): void {
    const { metrics, timeoutMs, store } = this.#options;
    metrics.storeWrites.add(outcome);
    // A lease that is confirmed is kept: another one would make no write succeed.
    if (outcome === 'failed') this.#lag.reset();
    else if (this.#lag.waitingMs() > timeoutMs) store.followElsewhere();
  }
}
