/** How many answers it remembers. */
const span = 8;
/** An answer may take so many times the longest of them. */
const factor = 3;

/**
 * How long an endpoint's answers to probes take, so that the timeout follows what is usual for it:
 * a busy endpoint answers late, and is not dead.
 */
export class UsualProbeTime {
  readonly #recentMs: number[] = [];

  /** @param durationMs of any answer, late ones too */
  add(durationMs: number): void {
    this.#recentMs.push(durationMs);
    if (this.#recentMs.length > span) this.#recentMs.shift();
  }

  /** Between `minMs` and `maxMs`; `maxMs` before the first answer. */
  timeoutMs(minMs: number, maxMs: number): number {
    if (this.#recentMs.length === 0) return Math.max(minMs, maxMs);
    return Math.max(minMs, Math.min(maxMs, factor * Math.max(...this.#recentMs)));
  }
}
