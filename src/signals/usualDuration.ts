/** How many exchanges the mean covers. */
const span = 16;
/** An early end moves the mean this much less: it is rather a failure than a new habit. */
const earlyReserve = 8;
/** An exchange that ends in less than this share of the usual time ends early. */
const earlyShare = 1 / 3;
/** Later than this is never early: a failure that takes so long draws no traffic. */
const latestEarlyMs = 1_000;
/** Where exchanges usually take less than this, an early end cannot be told from a normal one. */
const shortestUsualMs = 20;

/** How long exchanges usually take: the geometric mean, which single long ones hardly move. */
export class UsualDuration {
  #meanLog = 0;
  #count = 0;
  /** exp(#meanLog), which is read more often than it changes. */
  #usualMs = 0;

  /** How many exchanges it has seen. */
  get count(): number {
    return this.#count;
  }

  get usualMs(): number {
    return this.#usualMs;
  }

  /** An exchange that ends before this ends early; 0: none does. */
  get earlyMs(): number {
    const { usualMs } = this;
    return usualMs < shortestUsualMs ? 0 : Math.min(usualMs * earlyShare, latestEarlyMs);
  }

  add(durationMs: number, isEarly: boolean): void {
    this.#count += 1;
    const weight = 1 / Math.min(this.#count, span);
    const share = isEarly ? weight / earlyReserve : weight;
    this.#meanLog += (Math.log(Math.max(durationMs, 0.1)) - this.#meanLog) * share;
    this.#usualMs = Math.exp(this.#meanLog);
  }
}
