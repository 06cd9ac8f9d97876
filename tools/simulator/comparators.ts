import type { Endpoint } from '../../src/scheduling/endpoint.ts';
import type { Load, Random } from '../../src/scheduling/load.ts';
import { type Policy, relativeLoad } from '../../src/scheduling/policy.ts';
import { at, randomIndex } from '../../src/scheduling/sample.ts';

/**
 * What Baton is measured against, and does not offer. They stand in for `least-request`, hence
 * their names.
 */

/** The least loaded of all by the view as it is, ties at random: perfect where the view is. */
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
      // The k-th of equals replaces the choice with probability 1/k: all are equally likely in the
      // end.
      if (randomIndex(ties, this.#random) === 0) chosen = candidate;
    }
    return chosen;
  }
}

/**
 * Envoy's own least_request with equal weights: two draws, the second may be the first one again.
 */
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
