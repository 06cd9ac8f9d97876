import type { Random } from '../../../../src/scheduling/load.ts';
import { blockTokens, type InferenceRequest } from '../inferenceTrace.ts';
import { lowest } from './choices.ts';
import { fullBlocks, type PrefixIndex } from './prefixIndex.ts';
import type { RoutedRequest, Router } from './router.ts';

/** A pod that has this share of a prompt keeps it … */
const affinityThreshold = 0.8;
/** … unless its tokens in flight take so much longer than those of another. */
const mostPenaltySeconds = 18;
const prefillTokensPerSecond = 15_928;

/**
 * llm-d's guide "optimized baseline": prefix-cache-affinity-filter, then the fewest tokens in
 * flight. Tokens count from the decision to the first piece of the response, and each replica knows
 * its own.
 */
export class LlmdAffinityRouter implements Router {
  readonly #index: PrefixIndex;
  readonly #random: Random;
  readonly #tokens: number[];

  constructor(pods: number, index: PrefixIndex, random: Random) {
    this.#index = index;
    this.#random = random;
    this.#tokens = Array.from({ length: pods }, () => 0);
  }

  route(request: InferenceRequest): RoutedRequest {
    const full = fullBlocks(request);
    const matched = this.#tokens.map((_, pod) => this.#index.matched(pod, full));
    const isSticky = matched.map((blocks) => full.length > 0 && blocks >= affinityThreshold * full.length);
    const kept = this.#keepsAffinity(isSticky);
    const costs = this.#tokens.map((tokens, pod) =>
      kept && !isSticky[pod] ? Number.POSITIVE_INFINITY : tokens,
    );
    const pod = lowest(costs, this.#random);
    const uncached = request.inputTokens - (matched[pod] as number) * blockTokens;
    this.#tokens[pod] = (this.#tokens[pod] as number) + uncached;
    this.#index.add(pod, full);
    return {
      pod,
      onFirstToken: () => {
        this.#tokens[pod] = (this.#tokens[pod] as number) - uncached;
      },
    };
  }

  #keepsAffinity(isSticky: readonly boolean[]): boolean {
    const least = (sticky: boolean): number =>
      Math.min(...this.#tokens.filter((_, pod) => isSticky[pod] === sticky));
    const penaltySeconds = (least(true) - least(false)) / prefillTokensPerSecond;
    return isSticky.includes(true) && !(penaltySeconds > mostPenaltySeconds);
  }
}
