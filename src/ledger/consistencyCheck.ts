import { setTimeout as sleep } from 'node:timers/promises';
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

/** As many of the differences of one round are logged and shown. */
const shownDifferences = 20;

export interface ConsistencyCheckOptions {
  readonly sharing: Sharing;
  readonly ownId: string;
  /** Requests by endpoint, counted anew from the streams that are open. */
  readonly reserved: () => ReadonlyMap<string, number>;
  /** The pause between two rounds; 0: never. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly onDifferences: (differences: readonly Difference[]) => void;
  readonly log: Log;
  readonly metrics: Pick<LedgerMetrics, 'consistencyChecks' | 'consistencyDifferences'>;
}

export interface ConsistencyReport {
  /** Rounds in which everything was compared that was to be. */
  readonly rounds: number;
  /** Milliseconds since the last of them; null before the first. */
  readonly ageMs: number | null;
  /** How many differences there were since the start. */
  readonly differences: Readonly<Record<DifferenceKind, number>>;
  /** Those of the last round that found any. */
  readonly last: readonly Difference[];
}

/**
 * Looks again and again whether the counts are what they are meant to be: the own ones the streams that are open,
 * the view what is stored, the own record the own counts. They are by construction; so any difference is a bug,
 * here or in etcd, is told at once, and is put right as far as it can be: what is stored is read again, the own
 * counts are written again. Nothing puts own counts right that differ from the streams; that takes a restart.
 */
export class ConsistencyCheck {
  readonly #options: ConsistencyCheckOptions;
  readonly #storeAudit: StoreConsistency | undefined;
  readonly #stopping = new AbortController();
  readonly #found = new Map<DifferenceKind, number>();
  #rounds = 0;
  #lastMs: number | undefined;
  #last: readonly Difference[] = [];
  #running: Promise<void> | undefined;

  constructor(options: ConsistencyCheckOptions) {
    this.#options = options;
    const { sharing } = options;
    if (sharing.kind === 'etcd') this.#storeAudit = new StoreConsistency({ ...options, ...sharing });
  }

  start(): void {
    if (this.#options.intervalMs > 0) this.#running ??= this.#run();
  }

  /** Resolves when the round that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  report(): ConsistencyReport {
    const differences = Object.fromEntries(differenceKinds.map((kind) => [kind, this.#found.get(kind) ?? 0]));
    return {
      rounds: this.#rounds,
      ageMs: this.#lastMs === undefined ? null : this.#options.nowMs() - this.#lastMs,
      differences: differences as ConsistencyReport['differences'],
      last: this.#last,
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { intervalMs, metrics, nowMs, log } = this.#options;
    while (!signal.aborted) {
      // An abort ends the wait early; that is all it means here.
      await sleep(intervalMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      this.#compareOwn();
      const outcome = await this.#compareStored(signal).catch((cause): ConsistencyOutcome => {
        if (!signal.aborted)
          log.debug({ cause: String(cause) }, 'consistency check: the store cannot be read');
        return 'undecided';
      });
      metrics.consistencyChecks.add(outcome);
      if (outcome === 'undecided') continue;
      this.#rounds += 1;
      this.#lastMs = nowMs();
    }
  }

  /** In one turn of the event loop, in which no stream comes or goes. */
  #compareOwn(): void {
    const { reserved: held, sharing } = this.#options;
    this.#tell(differing('local', held(), sharing.ledger.local()));
  }

  async #compareStored(signal: AbortSignal): Promise<ConsistencyOutcome> {
    const { sharing, log } = this.#options;
    if (this.#storeAudit === undefined || sharing.kind === 'memory') return 'compared';
    const comparison = await this.#storeAudit.compare(signal);
    if (comparison.kind === 'undecided') {
      log.debug({ why: comparison.why }, 'consistency check: undecided');
      return 'undecided';
    }
    const { differences } = comparison;
    this.#tell(differences);
    if (differences.some(({ kind }) => kind === 'watch' || kind === 'view')) sharing.store.resync();
    if (differences.length > 0) sharing.ledger.republish();
    return 'compared';
  }

  #tell(differences: readonly Difference[]): void {
    if (differences.length === 0) return;
    const { log, metrics, onDifferences } = this.#options;
    for (const { kind } of differences) {
      this.#found.set(kind, (this.#found.get(kind) ?? 0) + 1);
      metrics.consistencyDifferences.add(kind);
    }
    this.#last = differences.slice(0, shownDifferences);
    log.error(
      { found: differences.length, differences: this.#last },
      'consistency check: counts are not what they are meant to be',
    );
    onDifferences(this.#last);
  }
}
