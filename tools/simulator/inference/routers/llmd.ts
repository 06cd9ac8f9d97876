import type { Random } from '../../../../src/scheduling/load.ts';
import type { InferencePod } from '../../../podsim/engine/inferencePod.ts';
import type { VirtualClock } from '../../virtualClock.ts';
import type { InferenceRequest } from '../inferenceTrace.ts';
import { highest } from './choices.ts';
import { PodMetrics } from './podMetrics.ts';
import { fullBlocks, type PrefixIndex } from './prefixIndex.ts';
import type { Router } from './router.ts';

/**
 * llm-d's built-in default: queue × 2 + free KV cache × 2 + matched prefix × 3, each within [0, 1];
 * the highest score, ties at random.
 */
export class LlmdRouter implements Router {
  readonly #index: PrefixIndex;
  readonly #random: Random;
  readonly #metrics: PodMetrics;

  constructor(pods: readonly InferencePod[], index: PrefixIndex, clock: VirtualClock, random: Random) {
    this.#index = index;
    this.#random = random;
    this.#metrics = new PodMetrics(pods, clock, random);
  }

  route(request: InferenceRequest): { pod: number } {
    const { queues, kvUse } = this.#metrics;
    const most = Math.max(...queues);
    const least = Math.min(...queues);
    const full = fullBlocks(request);
    const scores = queues.map((waiting, pod) => {
      const queue = most === least ? 1 : (most - waiting) / (most - least);
      const matched = full.length === 0 ? 0 : this.#index.matched(pod, full) / full.length;
      return 2 * queue + 2 * (1 - (kvUse[pod] as number)) + 3 * matched;
    });
    const pod = highest(scores, this.#random);
    this.#index.add(pod, full);
    return { pod };
  }

  retire(): void {
    this.#metrics.stop();
  }
}
