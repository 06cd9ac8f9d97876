/** The wait before a worker is replaced doubles from the first to the last of these. */
const firstMs = 100;
const lastMs = 10_000;
/** One that lived this long did not end because of how it started. */
const soundMs = 30_000;

/** How long to wait before a worker that ended is replaced: hardly, unless its predecessors ended early as well. */
export class RestartDelay {
  #nextMs = firstMs;

  /** @param livedMs how long the one that ended had lived */
  afterEnd(livedMs: number): number {
    if (livedMs >= soundMs) this.#nextMs = firstMs;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(lastMs, delayMs * 2);
    return delayMs;
  }
}
