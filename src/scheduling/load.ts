import type { Endpoint } from './endpoint.ts';

/** How busy endpoints are at the moment of a decision. */
export interface Load {
  /** Requests in flight on the endpoint; a fraction where stale counts decay. Never negative. */
  inFlight(address: string): number;
  /** Those of them that this scheduler placed itself; exact. */
  localInFlight(address: string): number;
  /**
   * The estimated number of requests that other schedulers have placed and `inFlight` does not
   * include yet, over all endpoints. 0 for a scheduler without peers.
   */
  unacknowledgedPicks(): number;
  /**
   * Tokens of prompts that all schedulers have sent to the endpoint in all and that were not cached
   * there, as far as is known here. It never falls. Undefined: not all of them count them.
   */
  assignedTokens?(address: string): number | undefined;
}

/** A number in [0, 1), like Math.random. */
export type Random = () => number;

/** The load an endpoint would carry with one request more, relative to its capacity. */
export function relativeLoad(endpoint: Endpoint, load: Load): number {
  return (load.inFlight(endpoint.address) + 1) / endpoint.weight;
}
