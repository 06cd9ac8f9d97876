/** The weight of one more decision in the mean: the last thirty or so are what counts. */
const smoothing = 1 / 32;

/**
 * Estimates how many of the peers' picks this instance cannot know of yet, from how many of its own they
 * cannot know of: picks since the newest load report that came back through its own watch. Peers of equal
 * build are in the same position, so each of them likely hides as many. That needs neither clocks nor rates,
 * and follows by itself the sync interval, a slow store and the load.
 *
 * The number of the moment is a saw-tooth whose phase says nothing of the peers'; so it is averaged.
 */
export class UnacknowledgedPicks {
  #picks = 0;
  #picksSeen = 0;
  #mean = 0;
  /** sequence → the picks that were made when it was written */
  readonly #sent = new Map<number, number>();

  /**
   * One more pick of this instance's own.
   * @param inFlight its own requests in flight: no more than these can matter
   */
  picked(inFlight: number): void {
    const hidden = Math.min(this.#picks - this.#picksSeen, inFlight);
    this.#mean += (hidden - this.#mean) * smoothing;
    this.#picks += 1;
  }

  /** All until now. */
  get picks(): number {
    return this.#picks;
  }

  /**
   * Own counts were written under this number.
   * @param picks those that are in them: all until then, unless some had to wait
   */
  sent(sequence: number, picks: number = this.#picks): void {
    this.#sent.set(sequence, picks);
  }

  /** The watch showed the write with this number; peers have it too, or soon. */
  seen(sequence: number): void {
    for (const [earlier, picks] of this.#sent) {
      if (earlier > sequence) return;
      this.#picksSeen = picks;
      this.#sent.delete(earlier);
    }
  }

  /** Own picks that peers do not know of, on average over the recent decisions. */
  get mean(): number {
    return this.#mean;
  }

  /** Picks of all peers that are likely not seen here: each busy one that places more hides as many as this one. */
  ofPeers({ busy, weight }: { readonly busy: number; readonly weight: number }): number {
    return this.#mean * busy * weight;
  }
}
