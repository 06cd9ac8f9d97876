import { burstSeconds } from './limits.ts';
import { ConnectionError, errorCode } from './protocol.ts';

/** Something of which a peer may do only so much: a token bucket. */
export class Budget {
  readonly #what: string;
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  #left: number;
  #filledMs: number;

  /** @param what for the message to the peer */
  constructor(what: string, perSecond: number, nowMs: () => number) {
    this.#what = what;
    this.#perSecond = perSecond;
    this.#nowMs = nowMs;
    this.#left = perSecond * burstSeconds;
    this.#filledMs = nowMs();
  }

  /** @throws ConnectionError when so much is not left */
  spend(count = 1): void {
    // The clock is asked only once the burst is used up.
    if (this.#left < count) this.#refill();
    if (this.#left < count) throw new ConnectionError(errorCode.enhanceYourCalm, `too many ${this.#what}`);
    this.#left -= count;
  }

  #refill(): void {
    const now = this.#nowMs();
    const gained = ((now - this.#filledMs) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond * burstSeconds, this.#left + gained);
    this.#filledMs = now;
  }
}
