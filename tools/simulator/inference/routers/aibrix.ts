import type { Random } from '../../../../src/scheduling/load.ts';
import { blockTokens, type InferenceRequest } from '../inferenceTrace.ts';
import { lowest } from './choices.ts';
import { fullBlocks } from './prefixIndex.ts';
import type { RoutedRequest, Router } from './router.ts';

/** Where running requests differ by more, only the least loaded pods are considered. */
const mostImbalance = 8;
/** A pod takes requests for its cache up to so many standard deviations above the mean. */
const deviations = 1;
/** One cache of 200,000 blocks of 4 bytes for all pods: at 4 bytes a token, so many tokens. */
const indexTokens = 200_000;

/** AIBrix's prefix-cache as it ships. Running requests are this gateway's own. */
export class AibrixRouter implements Router {
  readonly #random: Random;
  readonly #running: number[];
  /** Content → the pods that got it; the least recently used first. */
  readonly #index = new Map<number, Set<number>>();

  constructor(pods: number, random: Random) {
    this.#random = random;
    this.#running = Array.from({ length: pods }, () => 0);
  }

  route(request: InferenceRequest): RoutedRequest {
    const full = fullBlocks(request);
    const pod = this.#choose(full);
    this.#add(full, pod);
    this.#running[pod] = (this.#running[pod] as number) + 1;
    return {
      pod,
      onEnd: () => {
        this.#running[pod] = (this.#running[pod] as number) - 1;
      },
    };
  }

  #choose(full: readonly number[]): number {
    const running = this.#running;
    if (Math.max(...running) - Math.min(...running) > mostImbalance) return lowest(running, this.#random);
    const mean = running.reduce((sum, one) => sum + one, 0) / running.length;
    const variance = running.reduce((sum, one) => sum + (one - mean) ** 2, 0) / running.length;
    const most = mean + deviations * Math.sqrt(variance);
    const matched = this.#matched(full);
    const costs = running.map((requests, pod) => {
      const blocks = matched[pod] as number;
      // The longest match first, and of the same the fewest running.
      return blocks === 0 || requests > most ? Number.POSITIVE_INFINITY : requests / 1e6 - blocks;
    });
    return costs.some(Number.isFinite) ? lowest(costs, this.#random) : lowest(running, this.#random);
  }

  #matched(full: readonly number[]): readonly number[] {
    const matched = this.#running.map(() => 0);
    full.every((content, depth) => {
      let isHeld = false;
      for (const pod of this.#index.get(content) ?? []) {
        if (matched[pod] !== depth) continue;
        matched[pod] = depth + 1;
        isHeld = true;
      }
      return isHeld;
    });
    return matched;
  }

  #add(full: readonly number[], pod: number): void {
    for (const content of full) {
      const pods = this.#index.get(content) ?? new Set();
      pods.add(pod);
      this.#index.delete(content);
      this.#index.set(content, pods);
      if (this.#index.size * blockTokens <= indexTokens) continue;
      const [oldest] = this.#index.keys();
      this.#index.delete(oldest as number);
    }
  }
}
