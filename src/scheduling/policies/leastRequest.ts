import type { Endpoint } from '../endpoint.ts';
import type { Load, Random } from '../load.ts';
import type { Policy } from '../policy.ts';
import { at, eachSampled, randomIndex } from '../sample.ts';

/** How fast the trust in peers' counts falls with what they do not show. */
const stalenessDiscount = 16;
/** How fast the sample shrinks with the picks that are likely made elsewhere for the same reasons. */
const sampleShrink = 4;
/** The sample is never smaller: enough to find a free endpoint. */
const smallestSample = 10;
/** Pools up to here may be looked at as a whole; of larger ones a sample will do, and costs the same in all. */
const wholePool = 256;
const largestSample = 24;

/**
 * The candidate with the fewest requests in flight for its weight, by a view that is always a little old.
 *
 * Own counts are exact. Peers' counts lack what the peers placed since they told, and every peer answers the
 * same differences: if all answer a gap in full, it is filled as many times as there are peers, and the idle
 * endpoint becomes the busiest. Two things follow from the picks that are likely `unseen`:
 *
 * - Peers' counts weigh the less, the more picks are unseen for each candidate. With none unseen the least
 *   loaded of the fleet is chosen; with very many, each scheduler spreads its own requests evenly, as if alone.
 * - Only a random part of the candidates is looked at, the smaller, the more unseen picks follow the same
 *   counts: those who look at different endpoints do not meet on one.
 *
 * The constants were found by simulation; docs/balance.md has the figures. Ties are broken at random.
 */
export class LeastRequest implements Policy {
  readonly name = 'least-request';
  readonly #random: Random;

  constructor({ random }: { random: Random }) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load): Endpoint {
    const unseen = load.unacknowledgedPicks();
    const trust = Math.exp((-stalenessDiscount * unseen) / candidates.length);
    const size = sampleSize(candidates.length, unseen * trust);
    let chosen = at(candidates, 0);
    let least = Number.POSITIVE_INFINITY;
    let ties = 0;
    eachSampled(candidates, size, this.#random, (candidate) => {
      const own = load.localInFlight(candidate.address);
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

/** @param followers picks that are likely made elsewhere, unseen, on the same counts */
function sampleSize(candidates: number, followers: number): number {
  const most = candidates > wholePool ? largestSample : candidates;
  return Math.min(most, Math.max(smallestSample, Math.ceil(candidates / (1 + sampleShrink * followers))));
}
