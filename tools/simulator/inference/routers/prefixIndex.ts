import type { InferencePod } from '../../../podsim/engine/inferencePod.ts';
import { blockTokens, type InferenceRequest } from '../inferenceTrace.ts';
import { LruIndex } from './lruIndex.ts';

/** What a router of llm-d or Dynamo believes of pods' caches. */
export interface PrefixIndex {
  /** How many of these blocks, from the first, the pod has. */
  matched(pod: number, contents: readonly number[]): number;
  /** The router sent them there. */
  add(pod: number, contents: readonly number[]): void;
}

/** The blocks of a prompt that an engine can cache. */
export function fullBlocks({ blocks, inputTokens }: InferenceRequest): readonly number[] {
  return blocks.slice(0, Math.floor(inputTokens / blockTokens));
}

/** Blocks of 64 tokens are the smallest that llm-d's index has, engine blocks are of 16. */
const believedCacheFactor = 4;

/**
 * llm-d's approximate index: what this router placed. It counts its entries by the engine's number
 * of blocks, though its own are four times as long.
 */
export class ApproximateIndex implements PrefixIndex {
  readonly #indexes: readonly LruIndex[];

  constructor(pods: readonly InferencePod[]) {
    this.#indexes = pods.map(({ cache }) => new LruIndex(cache.capacity * believedCacheFactor));
  }

  matched(pod: number, contents: readonly number[]): number {
    return this.#indexes[pod]?.matched(contents) ?? 0;
  }

  add(pod: number, contents: readonly number[]): void {
    this.#indexes[pod]?.add(contents);
  }
}

/** What KV events would say if none were late or lost: the caches themselves. */
export class ExactIndex implements PrefixIndex {
  readonly #pods: readonly InferencePod[];

  constructor(pods: readonly InferencePod[]) {
    this.#pods = pods;
  }

  matched(pod: number, contents: readonly number[]): number {
    return this.#pods[pod]?.cache.matched(contents) ?? 0;
  }

  add(): void {}
}
