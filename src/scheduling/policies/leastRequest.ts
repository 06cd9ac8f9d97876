import type { Endpoint } from '../endpoint.ts';
import type { Load, Random } from '../load.ts';
import { type Policy, relativeLoad } from '../policy.ts';
import { at, randomIndex } from '../sample.ts';

/**
 * The candidate with the fewest requests in flight for its weight. Ties are broken at random: schedulers
 * that see the same loads at the same moment would otherwise all pick the first of them.
 */
export class LeastRequest implements Policy {
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
      if (relative < least) {
        least = relative;
        chosen = candidate;
        ties = 1;
      } else if (relative === least) {
        ties += 1;
        // The k-th of equals replaces the choice with probability 1/k: all are equally likely in the end.
        if (randomIndex(ties, this.#random) === 0) chosen = candidate;
      }
    }
    return chosen;
  }
}
