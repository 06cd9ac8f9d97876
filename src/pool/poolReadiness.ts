import type { Endpoint } from '../scheduling/endpoint.ts';
import { selectReady } from './panicRule.ts';
import type { EndpointHealth, PoolPanic, PoolReport } from './pool.ts';

export interface PoolReadinessOptions {
  readonly health: EndpointHealth;
  /** Below this share of healthy endpoints those that serve stay in use (50); 0: never. */
  readonly panicPercent?: number | undefined;
  readonly report: PoolReport;
  /** A monotonic clock, the one of the prober. */
  readonly nowMs?: () => number;
}

interface Answer {
  /** When the request was sent. */
  readonly startedMs: number;
  readonly atMs: number;
}

/** How long an answered request outweighs probes. */
const answerCountsMs = 10_000;

/** Chooses the ready endpoints by probes and by answered requests, and reports a panic. */
export class PoolReadiness {
  readonly #options: PoolReadinessOptions;
  readonly #nowMs: () => number;
  readonly #answers = new Map<string, Answer>();
  #panic: PoolPanic | undefined;

  constructor(options: PoolReadinessOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get panic(): PoolPanic | undefined {
    return this.#panic;
  }

  /** Replaces the set of endpoints. */
  watch(addresses: ReadonlySet<string>): void {
    for (const address of this.#answers.keys()) if (!addresses.has(address)) this.#answers.delete(address);
    this.#options.health.watch(addresses);
  }

  /** @returns whether the endpoint's probes fail: it may have to be ready now */
  recordAnswer(address: string, startedMs: number): boolean {
    this.#answers.set(address, { startedMs, atMs: this.#nowMs() });
    return this.#options.health.faultOf(address) !== undefined;
  }

  /** @returns the ready endpoints, and after what time they may differ without a new verdict */
  select(all: readonly Endpoint[]): { ready: readonly Endpoint[]; againMs: number | undefined } {
    const { health, panicPercent = 50 } = this.#options;
    const selection = selectReady(all, {
      health,
      panicPercent,
      answeredSince: (address, sinceMs) => this.#answeredSince(address, sinceMs),
    });
    const { ready, isPanic, passing, restsOnAnswers } = selection;
    this.#setPanic(isPanic ? { endpoints: all.length, passing, inUse: ready.length } : undefined);
    return { ready, againMs: restsOnAnswers ? answerCountsMs / 10 : undefined };
  }

  #answeredSince(address: string, sinceMs: number): boolean {
    const answer = this.#answers.get(address);
    return (
      answer !== undefined && answer.startedMs >= sinceMs && this.#nowMs() - answer.atMs <= answerCountsMs
    );
  }

  #setPanic(panic: PoolPanic | undefined): void {
    const before = this.#panic;
    this.#panic = panic;
    if ((before === undefined) === (panic === undefined)) return;
    const { log, onPanic } = this.#options.report;
    if (panic)
      log.warn(
        { event: 'pool.panic-started', ...panic },
        'too few endpoints pass their probes; endpoints that fail them stay in use',
      );
    else log.info({ event: 'pool.panic-ended' }, 'enough endpoints pass their probes again');
    onPanic?.(panic);
  }
}
