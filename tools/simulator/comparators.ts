import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import { type Load, type Random, relativeLoad } from '../../src/scheduling/load.ts';
import type { Policy } from '../../src/scheduling/policy.ts';
import { at, randomIndex } from '../../src/scheduling/sample.ts';

/**
 * Policies that Baton is compared with and does not offer. They replace `least-request`, and so
 * have its name.
 */

/** The least loaded endpoint of the view, ties at random: optimal where the view is exact. */
export class ShortestQueue implements Policy {
  readonly name = 'least-request';
  readonly #random: Random;

  constructor({ random }: { random: Random }) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load): Endpoint {
    let chosen = at(candidates, 0);
    let least = Number.POSITIVE_INFINITY;
    let ties = 0;
    for (const candidate of candidates) {
      const relative = relativeLoad(candidate, load);
      if (relative > least) continue;
      if (relative < least) ties = 0;
      least = relative;
      ties += 1;
      // The k-th of equals replaces the choice with probability 1/k: all are equally likely.
      if (randomIndex(ties, this.#random) === 0) chosen = candidate;
    }
    return chosen;
  }
}

/** Envoy's least_request with equal weights: two random draws, which may be the same. */
export class EnvoyLeastRequest implements Policy {
  readonly name = 'least-request';
  readonly #random: Random;

  constructor({ random }: { random: Random }) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load): Endpoint {
    const one = at(candidates, randomIndex(candidates.length, this.#random));
    const other = at(candidates, randomIndex(candidates.length, this.#random));
    return load.inFlight(other.address) < load.inFlight(one.address) ? other : one;
  }
}
