/**
 * The time of the next probe of one endpoint. The interval may change while it runs, with the
 * number of endpoints that pass: a longer one makes it wait on, a shorter one is taken by
 * `shorten`.
 */
export class ProbeTimer {
  readonly #intervalMs: () => number;
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | undefined;
  #share = 1;
  /** The interval that it waits for; infinite: it waits for none. */
  #armedMs = Number.POSITIVE_INFINITY;

  constructor(intervalMs: () => number, onDue: () => void) {
    this.#intervalMs = intervalMs;
    this.#onDue = onDue;
  }

  /** Was it armed before? */
  get hasRun(): boolean {
    return this.#timer !== undefined;
  }

  /** @param share of the interval */
  arm(share: number): void {
    this.#share = share;
    this.#armedMs = this.#intervalMs();
    this.#wait(share * this.#armedMs);
  }

  /** Waits for the interval of now, from now, if that is shorter. */
  shorten(): void {
    if (this.#intervalMs() < this.#armedMs) this.arm(this.#share);
  }

  /** Waits once, whatever the interval. */
  once(delayMs: number): void {
    this.#armedMs = Number.POSITIVE_INFINITY;
    this.#wait(delayMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #wait(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onTime(), delayMs);
  }

  #onTime(): void {
    const moreMs = this.#intervalMs() - this.#armedMs;
    if (moreMs <= 0) this.#onDue();
    else {
      this.#armedMs += moreMs;
      this.#wait(this.#share * moreMs);
    }
  }
}
