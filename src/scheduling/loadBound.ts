import type { Endpoint } from './endpoint.ts';
import { type Load, relativeLoad } from './load.ts';

/** An endpoint with fewer requests takes one more, however idle the others are. */
const alwaysTakes = 4;
/** Of larger pools only so many endpoints are read for the mean. */
const largestSample = 256;

/**
 * Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2018): affinity holds as
 * long as the endpoint's load for its weight stays within a factor of the mean.
 */
export class LoadBound {
  readonly #candidates: readonly Endpoint[];
  readonly #load: Load;
  readonly #factor: number;
  #bound: number | undefined;

  /** @param factor at least 1 */
  constructor(candidates: readonly Endpoint[], load: Load, factor: number) {
    this.#candidates = candidates;
    this.#load = load;
    this.#factor = factor;
  }

  /** May the endpoint take one more request? */
  allows(endpoint: Endpoint): boolean {
    if (this.#load.inFlight(endpoint.address) < alwaysTakes) return true;
    this.#bound ??= this.#factor * this.#meanWithOneMore();
    return relativeLoad(endpoint, this.#load) <= this.#bound;
  }

  #meanWithOneMore(): number {
    const read = Math.min(this.#candidates.length, largestSample);
    // Evenly over the list, whose order says nothing of loads.
    const stride = this.#candidates.length / read;
    let requests = 1;
    let weight = 0;
    for (let index = 0; index < read; index += 1) {
      const endpoint = this.#candidates[Math.floor(index * stride)] as Endpoint;
      requests += this.#load.inFlight(endpoint.address);
      weight += endpoint.weight;
    }
    return requests / weight;
  }
}
