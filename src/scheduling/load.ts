/** How busy endpoints are, as one reads it at the moment of a decision. */
export interface Load {
  /** Requests in flight on the endpoint; a fraction where old counts fade. Never negative. */
  inFlight(address: string): number;
}

/** A number in [0, 1), as Math.random gives. */
export type Random = () => number;
