import { burstSeconds } from './limits.ts';
import { ConnectionError, errorCode } from './protocol.ts';

/** A token bucket: how often a peer may do one thing. */
export class Budget {
  readonly #name: string;
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #refilledMs: number;

  /** @param name for the message to the peer */
  constructor(name: string, perSecond: number, nowMs: () => number) {
    this.#name = name;
    this.#perSecond = perSecond;
    this.#nowMs = nowMs;
    this.#tokens = perSecond * burstSeconds;
    this.#refilledMs = nowMs();
  }

  /** @throws ConnectionError when fewer than `count` tokens are left */
  spend(count = 1): void {
    // Reads the clock only once the burst is used up.
    if (this.#tokens < count) this.#refill();
    if (this.#tokens < count) throw new ConnectionError(errorCode.enhanceYourCalm, `too many ${this.#name}`);
    this.#tokens -= count;
  }

  #refill(): void {
    const now = this.#nowMs();
    const refill = ((now - this.#refilledMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#perSecond * burstSeconds, this.#tokens + refill);
    this.#refilledMs = now;
  }
}
