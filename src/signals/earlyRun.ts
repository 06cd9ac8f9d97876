/**
 * How many exchanges of a pod ended early in a row. One that lasts shows that only at its end, so
 * requests count against the run that were placed since it began and have not ended early: when
 * they are more than the run is long, it starts again.
 */
export class EarlyRun {
  #length = 0;
  #ownSinceStart = 0;
  #placedAtStart = 0;

  get length(): number {
    return this.#length;
  }

  /** The same; 0 where requests since contradict it. */
  lengthAt(placed: number): number {
    return this.#isContradicted(placed) ? 0 : this.#length;
  }

  /** @param placed how many requests were placed on the pod so far */
  add(placed: number): void {
    if (this.#isContradicted(placed)) this.#start(placed);
    else this.#ownSinceStart += 1;
    this.#length += 1;
  }

  /** One that a peer has observed. */
  addOfPeer(placed: number): void {
    if (this.#isContradicted(placed)) this.#start(placed);
    this.#length += 1;
  }

  clear(): void {
    this.#length = 0;
  }

  #isContradicted(placed: number): boolean {
    return this.#length === 0 || placed - this.#placedAtStart - this.#ownSinceStart > this.#length + 1;
  }

  #start(placed: number): void {
    this.#length = 0;
    this.#ownSinceStart = 0;
    this.#placedAtStart = placed;
  }
}
