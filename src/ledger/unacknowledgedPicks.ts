/** The weight of the last decision in the mean, which covers about the last thirty. */
const smoothing = 1 / 32;

/**
 * Estimates how many picks of its peers an instance does not know of yet, from how many of its own
 * the peers do not know of: those since the last load report that its watch delivered. Peers write
 * in the same way, so each of them likely has as many. This needs neither clocks nor rates, and
 * follows the sync interval, the latency of etcd and the load by itself.
 *
 * The current number is a sawtooth whose phase differs between instances, so the estimate is a
 * mean.
 */
export class UnacknowledgedPicks {
  #picks = 0;
  #acknowledgedPicks = 0;
  #mean = 0;
  /** sequence → the picks that were made when it was written */
  readonly #sent = new Map<number, number>();

  /**
   * One more local pick.
   * @param inFlight local requests in flight: an upper bound of what can matter
   */
  picked(inFlight: number): void {
    const unacknowledged = Math.min(this.#picks - this.#acknowledgedPicks, inFlight);
    this.#mean += (unacknowledged - this.#mean) * smoothing;
    this.#picks += 1;
  }

  /** All local picks so far. */
  get picks(): number {
    return this.#picks;
  }

  /**
   * The local counts were written under this sequence number.
   * @param picks how many are in them: all so far, unless the write left out some
   */
  sent(sequence: number, picks: number = this.#picks): void {
    this.#sent.set(sequence, picks);
  }

  /** The watch delivered the write with this number; the peers have it too, or soon. */
  acknowledged(sequence: number): void {
    for (const [earlier, picks] of this.#sent) {
      if (earlier > sequence) return;
      this.#acknowledgedPicks = picks;
      this.#sent.delete(earlier);
    }
  }

  /** Local picks that the peers do not know of, the mean over recent decisions. */
  get mean(): number {
    return this.#mean;
  }

  /** The likely number of picks of all busy peers that are unknown here. */
  ofPeers({ busy, weight }: { readonly busy: number; readonly weight: number }): number {
    return this.#mean * busy * weight;
  }
}
