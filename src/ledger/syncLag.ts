/** How many recent lags are kept for the percentiles. */
const keptLags = 256;

/**
 * Measures the time from this instance's writes to their delivery by its watch: the age of the
 * peers' views, without comparing the clocks of two machines.
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

  /** The watch delivered the write with this number; returns its lag, if it was pending. */
  acknowledged(sequence: number): number | undefined {
    const sentAtMs = this.#sentAtMs.get(sequence);
    if (sentAtMs === undefined) return undefined;
    // A later write replaces an earlier one, so no earlier one is delivered after this.
    for (const earlier of this.#sentAtMs.keys()) if (earlier <= sequence) this.#sentAtMs.delete(earlier);
    const lagMs = this.#nowMs() - sentAtMs;
    this.#lagsMs[this.#next] = lagMs;
    this.#next = (this.#next + 1) % keptLags;
    return lagMs;
  }

  /** The age of the oldest write that the watch has not delivered; 0 when there is none. */
  waitingMs(): number {
    const oldest = this.#sentAtMs.values().next();
    return oldest.done ? 0 : this.#nowMs() - oldest.value;
  }

  /** Drops pending writes: after a new snapshot the watch delivers none of them. */
  reset(): void {
    this.#sentAtMs.clear();
  }

  /** Of the recent lags; undefined before the first. */
  percentilesMs(): { readonly p50: number; readonly p99: number; readonly last: number } | undefined {
    const last = this.#lagsMs[(this.#next - 1 + keptLags) % keptLags];
    if (last === undefined) return undefined;
    const sorted = this.#lagsMs.toSorted((a, b) => a - b);
    const quantile = (q: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? last;
    return { p50: quantile(0.5), p99: quantile(0.99), last };
  }
}
