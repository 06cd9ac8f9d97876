/**
 * Limits how often a line is logged that clients, or a bug, can cause at any rate: one line, or so
 * many, in each interval. An interval begins with its first line.
 */
export class LogInterval {
  readonly #intervalMs: number;
  readonly #lines: number;
  readonly #nowMs: () => number;
  #beganMs = Number.NEGATIVE_INFINITY;
  #logged = 0;
  #suppressed = 0;

  constructor(intervalMs: number, { lines = 1, nowMs = () => performance.now() }: LogIntervalOptions = {}) {
    this.#intervalMs = intervalMs;
    this.#lines = lines;
    this.#nowMs = nowMs;
  }

  /** Calls `write` with the number of lines that were left out before, or leaves this one out. */
  log(write: (suppressed: number) => void): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#beganMs >= this.#intervalMs) {
      this.#beganMs = nowMs;
      this.#logged = 0;
    }
    if (this.#logged === this.#lines) {
      this.#suppressed += 1;
      return;
    }
    const suppressed = this.#suppressed;
    this.#logged += 1;
    this.#suppressed = 0;
    write(suppressed);
  }
}

export interface LogIntervalOptions {
  /** In each interval. Default: 1. */
  readonly lines?: number;
  /** A monotonic clock. */
  readonly nowMs?: () => number;
}

/** The same for lines of several kinds: each kind has its own intervals. */
export class LogIntervals<Kind> {
  readonly #intervalMs: number;
  readonly #byKind = new Map<Kind, LogInterval>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  log(kind: Kind, write: (suppressed: number) => void): void {
    let interval = this.#byKind.get(kind);
    if (interval === undefined) {
      interval = new LogInterval(this.#intervalMs);
      this.#byKind.set(kind, interval);
    }
    interval.log(write);
  }
}
