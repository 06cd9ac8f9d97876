/** How busy endpoints are, as one reads it at the moment of a decision. */
export interface Load {
  /** Requests in flight on the endpoint; a fraction where old counts fade. Never negative. */
  inFlight(address: string): number;
  /** Those of them that this scheduler placed itself: exact at every moment. */
  localInFlight(address: string): number;
  /**
   * How many requests other schedulers have likely placed that no `inFlight` shows yet, over all endpoints
   * together. 0 for a scheduler that is alone.
   */
  unacknowledgedPicks(): number;
}

/** A number in [0, 1), as Math.random gives. */
export type Random = () => number;
