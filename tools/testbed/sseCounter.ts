import type { SseOutcome } from './sseRequest.ts';

/** Every request sent is in flight or has ended in exactly one of the other counts. */
export interface SseCounts {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  readonly cut: number;
  readonly aborted: number;
  readonly inFlight: number;
}

/** Counts of a load and figures derived from them. */
export interface SseReport extends SseCounts {
  /** Complete responses by pod. */
  readonly byPod: Readonly<Record<string, number>>;
  /** From the request to the last byte, of complete responses. Undefined while there is none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
  /** Details of the first failures. */
  readonly problems: readonly string[];
}

const keptProblems = 10;
const keptLatencies = 100_000;

export class SseCounter {
  #sent = 0;
  readonly #ended = { ok: 0, failed: 0, cut: 0, aborted: 0 };
  readonly #byPod = new Map<string, number>();
  /** A ring buffer: the oldest values are overwritten. */
  readonly #latenciesMs: number[] = [];
  readonly #problems: string[] = [];

  requestStarted(): void {
    this.#sent++;
  }

  requestEnded(outcome: SseOutcome): void {
    const nth = this.#ended[outcome.kind]++;
    switch (outcome.kind) {
      case 'ok':
        this.#byPod.set(outcome.pod, (this.#byPod.get(outcome.pod) ?? 0) + 1);
        this.#latenciesMs[nth % keptLatencies] = outcome.latencyMs;
        return;
      case 'failed':
        this.#addProblem(`failed after ${outcome.latencyMs.toFixed(0)} ms: ${outcome.detail}`);
        return;
      case 'cut':
        this.#addProblem(`cut by ${outcome.pod} after ${outcome.latencyMs.toFixed(0)} ms: ${outcome.detail}`);
        return;
      case 'aborted':
        return;
      default:
        outcome satisfies never;
    }
  }

  /** Cheap, unlike the report: may be read several times a second. */
  counts(): SseCounts {
    const { ok, failed, cut, aborted } = this.#ended;
    return { sent: this.#sent, ...this.#ended, inFlight: this.#sent - ok - failed - cut - aborted };
  }

  report(): SseReport {
    return {
      ...this.counts(),
      byPod: Object.fromEntries([...this.#byPod].sort()),
      latencyMs: quantiles(this.#latenciesMs),
      problems: [...this.#problems],
    };
  }

  #addProblem(problem: string): void {
    if (this.#problems.length < keptProblems) this.#problems.push(problem);
  }
}

function quantiles(values: readonly number[]): SseReport['latencyMs'] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return sorted.length === 0 ? undefined : { p50: at(0.5), p99: at(0.99), max: at(1) };
}
