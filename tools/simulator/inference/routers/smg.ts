import type { Random } from '../../../../src/scheduling/load.ts';
import type { InferenceRequest } from '../inferenceTrace.ts';
import { lowest } from './choices.ts';
import { fullBlocks } from './prefixIndex.ts';
import type { RoutedRequest, Router } from './router.ts';

/** The defaults of its command line. */
const cacheThreshold = 0.3;
const balanceAbsolute = 64;
const balanceRelative = 1.5;

/**
 * SMG's cache_aware over HTTP: where loads differ much, the least loaded worker; else the worker
 * that the tree names for the longest common beginning, if that is long enough; else the least
 * loaded. Load is this router's own requests. The tree holds 2^26 characters for each worker, more
 * than these traces have, so nothing is evicted here.
 */
export class SmgRouter implements Router {
  readonly #random: Random;
  readonly #loads: number[];
  /** Content → the worker that got it last. */
  readonly #tree = new Map<number, number>();

  constructor(pods: number, random: Random) {
    this.#random = random;
    this.#loads = Array.from({ length: pods }, () => 0);
  }

  route(request: InferenceRequest): RoutedRequest {
    const full = fullBlocks(request);
    const pod = this.#choose(full);
    for (const content of full) this.#tree.set(content, pod);
    this.#loads[pod] = (this.#loads[pod] as number) + 1;
    return {
      pod,
      onEnd: () => {
        this.#loads[pod] = (this.#loads[pod] as number) - 1;
      },
    };
  }

  #choose(full: readonly number[]): number {
    const most = Math.max(...this.#loads);
    const least = Math.min(...this.#loads);
    const isImbalanced = most - least > balanceAbsolute && most > balanceRelative * least;
    if (isImbalanced) return lowest(this.#loads, this.#random);
    let matched = 0;
    let pod: number | undefined;
    for (const content of full) {
      const next = this.#tree.get(content);
      if (next === undefined) break;
      pod = next;
      matched += 1;
    }
    if (pod !== undefined && matched > cacheThreshold * full.length) return pod;
    return lowest(this.#loads, this.#random);
  }
}
