/**
 * Limits how often a line is logged that clients, or a bug, can cause at any rate: once in each
 * interval.
 */
export class LogInterval {
  readonly #intervalMs: number;
  readonly #nowMs: () => number;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #suppressed = 0;

  constructor(intervalMs: number, nowMs: () => number = () => performance.now()) {
    this.#intervalMs = intervalMs;
    this.#nowMs = nowMs;
  }

  /** Calls `write` with the number of lines that were left out before, or leaves this one out. */
  log(write: (suppressed: number) => void): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#loggedMs < this.#intervalMs) {
      this.#suppressed += 1;
      return;
    }
    const suppressed = this.#suppressed;
    this.#loggedMs = nowMs;
    this.#suppressed = 0;
    write(suppressed);
  }
}
