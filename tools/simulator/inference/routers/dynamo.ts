import type { Random } from '../../../../src/scheduling/load.ts';
import { blockTokens, type InferenceRequest } from '../inferenceTrace.ts';
import { lowest } from './choices.ts';
import { fullBlocks, type PrefixIndex } from './prefixIndex.ts';
import type { RoutedRequest, Router } from './router.ts';

/** What a router placed on a worker and has not ended. */
class ActiveBlocks {
  prefillTokens = 0;
  /** Content → the requests that use it: shared blocks count once. */
  readonly #users = new Map<number, number>();

  get decodeBlocks(): number {
    return this.#users.size;
  }

  without(contents: readonly number[]): number {
    return contents.reduce((count, content) => count + (this.#users.has(content) ? 0 : 1), 0);
  }

  add(contents: readonly number[]): void {
    for (const content of contents) this.#users.set(content, (this.#users.get(content) ?? 0) + 1);
  }

  remove(contents: readonly number[]): void {
    for (const content of contents) {
      const users = (this.#users.get(content) ?? 0) - 1;
      if (users > 0) this.#users.set(content, users);
      else this.#users.delete(content);
    }
  }
}

/**
 * Dynamo's KV router, linear and at temperature 0: blocks to be prefilled (those that wait, and the
 * request's own without what the worker has) + blocks of active requests. Active requests are this
 * router's own: replica sync is off by default. Blocks of responses are left out.
 */
export class DynamoRouter implements Router {
  readonly #index: PrefixIndex;
  readonly #random: Random;
  readonly #active: readonly ActiveBlocks[];

  constructor(pods: number, index: PrefixIndex, random: Random) {
    this.#index = index;
    this.#random = random;
    this.#active = Array.from({ length: pods }, () => new ActiveBlocks());
  }

  route(request: InferenceRequest): RoutedRequest {
    const { blocks, inputTokens } = request;
    const full = fullBlocks(request);
    const uncached = this.#active.map((_, pod) => inputTokens - this.#index.matched(pod, full) * blockTokens);
    const costs = this.#active.map(
      (active, pod) =>
        (active.prefillTokens + (uncached[pod] as number)) / blockTokens +
        active.decodeBlocks +
        active.without(blocks),
    );
    const pod = lowest(costs, this.#random);
    const active = this.#active[pod] as ActiveBlocks;
    const own = uncached[pod] as number;
    active.prefillTokens += own;
    active.add(blocks);
    this.#index.add(pod, full);
    return {
      pod,
      onFirstToken: () => {
        active.prefillTokens -= own;
      },
      onEnd: () => active.remove(blocks),
    };
  }
}
