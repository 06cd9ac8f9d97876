import { type Clock, delay } from '../clock.ts';
import type { Log } from '../telemetry/log.ts';
import { type Difference, differing } from './differences.ts';
import {
  type ConsistencyOutcome,
  type DifferenceKind,
  differenceKinds,
  type LedgerMetrics,
} from './metrics.ts';
import type { Sharing } from './sharing.ts';
import { StoreConsistency } from './storeConsistency.ts';

/** At most this many differences of one round are logged and reported. */
const mostReported = 20;

export interface ConsistencyCheckOptions {
  readonly sharing: Sharing;
  readonly localId: string;
  /** Reserved requests by endpoint, counted from the open streams. */
  readonly reserved: () => ReadonlyMap<string, number>;
  /** The pause between two rounds; 0: never. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly onDifferences: (differences: readonly Difference[]) => void;
  readonly log: Log;
  readonly metrics: Pick<LedgerMetrics, 'consistencyChecks' | 'consistencyDifferences'>;
}

export interface ConsistencyReport {
  /** Rounds with the outcome `compared`. */
  readonly rounds: number;
  /** Milliseconds since the last of them; null before the first. */
  readonly ageMs: number | null;
  /** Differences since the start. */
  readonly differences: Readonly<Record<DifferenceKind, number>>;
  /** Those of the last round that found any. */
  readonly last: readonly Difference[];
}

/**
 * Periodically checks three invariants: local counts = open streams; view = records in etcd; own
 * record = local counts. They hold by construction, so any difference is a bug, here or in etcd.
 * The check reports it and repairs what it can: it reads the records again and writes the local
 * counts again. It does not repair local counts that differ from the open streams; that takes a
 * restart.
 */
export class ConsistencyCheck {
  readonly #options: ConsistencyCheckOptions;
  readonly #storeConsistency: StoreConsistency | undefined;
  readonly #stopping = new AbortController();
  readonly #found = new Map<DifferenceKind, number>();
  #rounds = 0;
  #lastMs: number | undefined;
  #last: readonly Difference[] = [];
  #running: Promise<void> | undefined;

  constructor(options: ConsistencyCheckOptions) {
    this.#options = options;
    const { sharing } = options;
    if (sharing.kind === 'etcd') this.#storeConsistency = new StoreConsistency({ ...options, ...sharing });
  }

  start(): void {
    if (this.#options.intervalMs > 0) this.#running ??= this.#run();
  }

  /** Resolves when the running round has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  report(): ConsistencyReport {
    const differences = Object.fromEntries(differenceKinds.map((kind) => [kind, this.#found.get(kind) ?? 0]));
    return {
      rounds: this.#rounds,
      ageMs: this.#lastMs === undefined ? null : this.#options.clock.nowMs() - this.#lastMs,
      differences: differences as ConsistencyReport['differences'],
      last: this.#last,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { intervalMs, metrics, clock, log } = this.#options;
    while (!signal.aborted) {
      await delay(clock, intervalMs, signal);
      if (signal.aborted) return;
      this.#compareLocal();
      const outcome = await this.#compareStored(signal).catch((cause): ConsistencyOutcome => {
        if (!signal.aborted)
          log.debug({ event: 'consistency.unreadable', cause }, 'consistency check cannot read etcd');
        return 'undecided';
      });
      metrics.consistencyChecks.add(outcome);
      if (outcome === 'undecided') continue;
      this.#rounds += 1;
      this.#lastMs = clock.nowMs();
    }
  }

  /** In one turn of the event loop, in which no stream opens or closes. */
  #compareLocal(): void {
    const { reserved, sharing } = this.#options;
    this.#report(differing('local', reserved(), sharing.ledger.local()));
  }

  async #compareStored(signal: AbortSignal): Promise<ConsistencyOutcome> {
    const { sharing, log } = this.#options;
    if (this.#storeConsistency === undefined || sharing.kind === 'memory') return 'compared';
    const comparison = await this.#storeConsistency.compare(signal);
    if (comparison.kind === 'undecided') {
      log.debug({ event: 'consistency.undecided', reason: comparison.why }, 'consistency check undecided');
      return 'undecided';
    }
    const { differences } = comparison;
    this.#report(differences);
    if (differences.some(({ kind }) => kind === 'watch' || kind === 'view')) sharing.store.resync();
    if (differences.length > 0) sharing.ledger.republish();
    return 'compared';
  }

  #report(differences: readonly Difference[]): void {
    if (differences.length === 0) return;
    const { log, metrics, onDifferences } = this.#options;
    for (const { kind } of differences) {
      this.#found.set(kind, (this.#found.get(kind) ?? 0) + 1);
      metrics.consistencyDifferences.add(kind);
    }
    this.#last = differences.slice(0, mostReported);
    log.error(
      { event: 'consistency.differences-found', found: differences.length, differences: this.#last },
      'consistency check found wrong counts',
    );
    onDifferences(this.#last);
  }
}
