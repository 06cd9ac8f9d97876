/** The delay doubles from the first to the last of these. */
const firstMs = 100;
const lastMs = 10_000;
/** A worker that ran this long did not end because of its start. */
const stableMs = 30_000;

/**
 * How long to wait before an ended worker is replaced: the longer, the more of its predecessors
 * ended early.
 */
export class RestartDelay {
  #nextMs = firstMs;

  /** @param ranMs how long the ended worker ran */
  afterEnd(ranMs: number): number {
    if (ranMs >= stableMs) this.#nextMs = firstMs;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(lastMs, delayMs * 2);
    return delayMs;
  }
}
