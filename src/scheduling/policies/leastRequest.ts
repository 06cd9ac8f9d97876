import type { Endpoint } from '../endpoint.ts';
import type { Load, Random } from '../load.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { at, eachSampled, randomIndex } from '../sample.ts';

/** How fast the weight of peers' counts falls with the picks that they do not include yet. */
const stalenessDiscount = 16;
/** How fast the sample shrinks with the number of concurrent pickers. */
const sampleShrink = 4;
/** The sample is never smaller: enough to find a free endpoint. */
const smallestSample = 10;
/**
 * Pools up to this size may be sampled as a whole; a part of larger ones is enough, and bounds the
 * cost.
 */
const wholePool = 256;
const largestSample = 24;

export const leastRequestPolicy = {
  name: 'least-request',
  summary: 'the fewest requests in flight for its weight; the default',
  create: (options): Policy & Required<Pick<Policy, 'costs'>> => new LeastRequest(options),
} as const satisfies PolicyDefinition;

/**
 * The candidate with the fewest requests in flight for its weight, on a view that is always
 * slightly stale.
 *
 * Local counts are exact. Peers' counts lack what the peers have placed since their last report,
 * and all peers see the same differences: if each of them fills a gap completely, it is filled once
 * for each peer, and the idle endpoint becomes the busiest (herding). The number of unacknowledged
 * picks limits that in two ways:
 *
 * - Peers' counts weigh the less, the more picks are unacknowledged for each candidate. With none,
 *   the least loaded endpoint of the fleet is chosen; with very many, each scheduler spreads its
 *   own requests evenly.
 * - Only a random sample of the candidates is compared, the smaller, the more pickers are
 *   concurrent: schedulers that compare different endpoints do not choose the same one.
 *
 * The constants were found by simulation; docs/balance.md has the figures. Ties are broken at
 * random.
 */
class LeastRequest implements Policy {
  readonly name = 'least-request';
  readonly #random: Random;

  constructor({ random }: PolicyOptions) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load): Endpoint {
    const unacknowledged = load.unacknowledgedPicks();
    const trust = trustInPeers(unacknowledged, candidates.length);
    const size = sampleSize(candidates.length, unacknowledged * trust);
    let chosen = at(candidates, 0);
    let least = Number.POSITIVE_INFINITY;
    let ties = 0;
    eachSampled(candidates, size, this.#random, (candidate) => {
      const relative = trustedLoad(candidate, load, trust);
      if (relative > least) return;
      if (relative < least) ties = 0;
      least = relative;
      ties += 1;
      // The k-th of equals replaces the choice with probability 1/k: all are equally likely in the
      // end.
      if (randomIndex(ties, this.#random) === 0) chosen = candidate;
    });
    return chosen;
  }

  costs(candidates: readonly Endpoint[], load: Load): readonly number[] {
    const trust = trustInPeers(load.unacknowledgedPicks(), candidates.length);
    return candidates.map((candidate) => trustedLoad(candidate, load, trust));
  }
}

/** How much peers' counts weigh, in (0, 1]. */
export function trustInPeers(unacknowledged: number, candidates: number): number {
  return Math.exp((-stalenessDiscount * unacknowledged) / candidates);
}

function trustedLoad({ address, weight }: Endpoint, load: Load, trust: number): number {
  const local = load.localInFlight(address);
  const peers = load.inFlight(address) - local;
  return (local + trust * peers + 1) / weight;
}

/** @param concurrentPickers picks that peers likely make at the same time on the same counts */
function sampleSize(candidates: number, concurrentPickers: number): number {
  const most = candidates > wholePool ? largestSample : candidates;
  return Math.min(
    most,
    Math.max(smallestSample, Math.ceil(candidates / (1 + sampleShrink * concurrentPickers))),
  );
}
