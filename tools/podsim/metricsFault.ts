/**
 * Metrics that are away or wrong, for tests: of the pod, not of one request.
 *
 * - none: as they are
 * - error: 500
 * - hang: accepted and never answered
 * - lag: as they were this long ago
 * - say: these requests, not those it has
 */
export type MetricsFault =
  | { readonly kind: 'none' | 'error' | 'hang' }
  | { readonly kind: 'lag'; readonly ms: number }
  | { readonly kind: 'say'; readonly running: number; readonly waiting: number };

const most = 1_000_000_000;

/** undefined: it is none. */
export function parseMetricsFault(body: unknown): MetricsFault | undefined {
  const { kind, ms, running, waiting } = (body ?? {}) as Record<string, unknown>;
  if (kind === 'none' || kind === 'error' || kind === 'hang') return { kind };
  if (kind === 'lag' && isCount(ms)) return { kind, ms };
  if (kind === 'say' && isCount(running) && isCount(waiting)) return { kind, running, waiting };
  return undefined;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

/** Answers with what was asked for some time ago, or first. */
export class LaggingText {
  readonly #texts: { readonly atMs: number; readonly text: string }[] = [];

  answer(text: string, nowMs: number, lagMs: number): string {
    this.#texts.push({ atMs: nowMs, text });
    while (this.#texts.length > 1 && (this.#texts[1]?.atMs ?? nowMs) <= nowMs - lagMs) this.#texts.shift();
    return this.#texts[0]?.text ?? text;
  }
}
