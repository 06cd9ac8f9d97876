/** What happens anyway is taken to be no rarer than this, however few cases show it. */
const leastShare = 0.01;
/** So that what is over is forgotten after so many requests. */
const mostBits = 64;

/**
 * How surprising the recent failures of a pod are, in bits: a cumulative sum (CUSUM) that chance
 * brings to b bits about once in 2^b requests. Each request takes one bit back when it is placed,
 * not when it succeeds: failures may be known at once, and successes only seconds later.
 */
export class Surprise {
  #bits = 0;

  get bits(): number {
    return this.#bits;
  }

  onPlaced(): void {
    if (this.#bits > 0) this.#bits = Math.max(0, this.#bits - 1);
  }

  /** @param share how many of the requests fail so where nothing is wrong with the pod */
  onFailed(share: number): void {
    this.#bits = Math.min(mostBits, this.#bits + surpriseOf(share));
  }

  clear(): void {
    this.#bits = 0;
  }
}

/** Bits of one failure. */
export function surpriseOf(share: number): number {
  return -Math.log2(Math.max(leastShare, Math.min(1, share)));
}
