import type { Endpoint } from '../endpoint.ts';
import type { Load, Random } from '../load.ts';
import type { Policy } from '../policy.ts';
import { at, eachSampled, randomIndex } from '../sample.ts';

/**
 * How many candidates are looked at. Of a large pool a few are idle at any time; schedulers that all look at
 * all of it meet there. It also bounds the cost of a decision.
 */
const sampleSize = 10;
/** How fast the trust in peers' counts falls with what they do not show yet. Found by simulation. */
const doubt = 8;

/**
 * The candidate with the fewest requests in flight for its weight, by a view that may be a little old.
 *
 * Own counts are exact. Peers' counts lack what the peers placed since they told, and every peer acts on the
 * same differences between endpoints: if all of them answer a gap in full, the gap is filled as many times as
 * there are peers, and the idle pod becomes the busiest. So peers' counts weigh the less, the more of the
 * peers' picks is unseen for each candidate. When nothing is unseen this is the shortest queue of the whole
 * fleet; when very much is, each scheduler spreads its own requests evenly, as if it were alone. docs/balance.md
 * shows what it reaches.
 *
 * Ties are broken at random: schedulers that see the same would otherwise pick the same.
 */
export class LeastRequest implements Policy {
  readonly name = 'least-request';
  readonly #random: Random;

  constructor({ random }: { random: Random }) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load): Endpoint {
    const trust = Math.exp((-doubt * load.unseen()) / candidates.length);
    let chosen = at(candidates, 0);
    let least = Number.POSITIVE_INFINITY;
    let ties = 0;
    eachSampled(candidates, sampleSize, this.#random, (candidate) => {
      const own = load.ownInFlight(candidate.address);
      const peers = load.inFlight(candidate.address) - own;
      const relative = (own + trust * peers + 1) / candidate.weight;
      if (relative > least) return;
      if (relative < least) ties = 0;
      least = relative;
      ties += 1;
      // The k-th of equals replaces the choice with probability 1/k: all are equally likely in the end.
      if (randomIndex(ties, this.#random) === 0) chosen = candidate;
    });
    return chosen;
  }
}
