import { contactMs } from '../steering/servingEvidence.ts';

/** How long ago a proxy asked this instance for anything: its health, or a decision. */
export class ProxyContact {
  readonly #nowMs: () => number;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #onBegan = (): void => {};
  #streamsQuietMs = (): number => Number.POSITIVE_INFINITY;

  /** @param nowMs a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Also a stream is contact. Its arrival is known without another clock read for each. */
  follow(exchanges: { quietMs(): number }): void {
    this.#streamsQuietMs = () => exchanges.quietMs();
  }

  /** Calls back at the first health check, and at one after long without contact. */
  onBegan(listener: () => void): void {
    this.#onBegan = listener;
  }

  /** A health check as a proxy makes it. */
  checked(): void {
    const hadContact = this.quietMs() < contactMs;
    this.#checkedMs = this.#nowMs();
    if (!hadContact) this.#onBegan();
  }

  /** Infinity: never. */
  quietMs(): number {
    return Math.min(this.#nowMs() - this.#checkedMs, this.#streamsQuietMs());
  }
}
