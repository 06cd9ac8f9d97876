import { PodPrefixes } from '../prefix/podPrefixes.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import type { Endpoint } from './endpoint.ts';

/** What an endpoint of weight 1 can do; the weight multiplies both. */
export interface PodAbilities {
  /** Tokens that fit into its KV cache. */
  readonly cacheTokens: number;
  /** Tokens of prompts that it computes in a second. */
  readonly prefillTokensPerSecond: number;
}

/**
 * What was sent to one pod: the prompts that are cached there, of all schedulers as far as they
 * say, and those of this one that the pod has yet to compute.
 */
export class PodWork {
  readonly endpoint: Endpoint;
  /** Counts the pods that this scheduler sent prompts to, from 0. */
  readonly number: number;
  readonly prefixes: PodPrefixes;
  readonly #tokensPerMs: number;
  #backlogTokens = 0;
  #updatedMs = 0;

  constructor(
    endpoint: Endpoint,
    number: number,
    { cacheTokens, prefillTokensPerSecond }: PodAbilities,
    prefixes = new PodPrefixes(cacheTokens),
  ) {
    this.endpoint = endpoint;
    this.number = number;
    this.#tokensPerMs = (prefillTokensPerSecond * endpoint.weight) / 1000;
    this.prefixes = prefixes;
    prefixes.capacityTokens = cacheTokens * endpoint.weight;
  }

  /** How many of the prompt's cuts, from the first, are in its cache. */
  matchedCuts(prompt: PromptCuts): number {
    return this.prefixes.matchedCuts(prompt);
  }

  /** Tokens that it still has to compute: a bucket that leaks at the pod's speed. */
  backlogTokens(nowMs: number): number {
    return Math.max(0, this.#backlogTokens - (nowMs - this.#updatedMs) * this.#tokensPerMs);
  }

  /** @returns how many of the prompt's tokens the pod has to compute */
  place(prompt: PromptCuts, nowMs: number): number {
    const uncached = this.prefixes.place(prompt);
    this.#backlogTokens = this.backlogTokens(nowMs) + uncached;
    this.#updatedMs = nowMs;
    return uncached;
  }
}
