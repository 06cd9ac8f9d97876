/** How many recent lags are kept for the percentiles. */
const remembered = 256;

/**
 * Measures how long this instance's own writes take to come back through its watch: the age of what peers
 * see, without comparing clocks of two machines.
 */
export class SyncLag {
  readonly #nowMs: () => number;
  readonly #sentAtMs = new Map<number, number>();
  readonly #lagsMs: number[] = [];
  #next = 0;

  constructor({ nowMs }: { nowMs: () => number }) {
    this.#nowMs = nowMs;
  }

  sent(sequence: number): void {
    this.#sentAtMs.set(sequence, this.#nowMs());
  }

  /** The watch showed the write with this number; answers its lag, if it was ours and new. */
  seen(sequence: number): number | undefined {
    const sentAtMs = this.#sentAtMs.get(sequence);
    if (sentAtMs === undefined) return undefined;
    // A later write replaces an earlier one, so nothing before this one will be shown any more.
    for (const earlier of this.#sentAtMs.keys()) if (earlier <= sequence) this.#sentAtMs.delete(earlier);
    const lagMs = this.#nowMs() - sentAtMs;
    this.#lagsMs[this.#next] = lagMs;
    this.#next = (this.#next + 1) % remembered;
    return lagMs;
  }

  /** The age of the oldest write that the watch has not shown yet; 0 when there is none. */
  waitingMs(): number {
    const oldest = this.#sentAtMs.values().next();
    return oldest.done ? 0 : this.#nowMs() - oldest.value;
  }

  /** Forgets writes that will not be shown, after the watch began anew. */
  reset(): void {
    this.#sentAtMs.clear();
  }

  /** Of the recent lags; undefined before the first. */
  percentilesMs(): { readonly p50: number; readonly p99: number; readonly last: number } | undefined {
    const last = this.#lagsMs[(this.#next - 1 + remembered) % remembered];
    if (last === undefined) return undefined;
    const sorted = this.#lagsMs.toSorted((a, b) => a - b);
    const quantile = (q: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? last;
    return { p50: quantile(0.5), p99: quantile(0.99), last };
  }
}
