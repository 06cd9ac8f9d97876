import { PodPrefixes } from '../prefix/podPrefixes.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import type { Endpoint } from './endpoint.ts';
import { PodPace } from './podPace.ts';
import { PrefillBacklog } from './prefillBacklog.ts';
import { prefillWork } from './prefillWork.ts';

/** What an endpoint of weight 1 can do; the weight multiplies both. */
export interface PodAbilities {
  /** Tokens that fit into its KV cache. */
  readonly cacheTokens: number;
  /** Tokens of prompts that it computes in a second. */
  readonly prefillTokensPerSecond: number;
}

/** What a pod has to compute of a prompt. */
export interface PlacedWork {
  readonly uncachedTokens: number;
  /** The same as `prefillWork` has it, in whole tokens. */
  readonly work: number;
}

/**
 * What was sent to one pod: the prompts that are cached there, of all schedulers as far as they
 * say, and those that the pod has yet to compute.
 */
export class PodWork {
  readonly endpoint: Endpoint;
  /** Counts the pods that this scheduler sent prompts to, from 0. */
  readonly number: number;
  readonly prefixes: PodPrefixes;
  readonly backlog: PrefillBacklog;
  readonly pace = new PodPace();
  #assignedTokens = 0;

  constructor(
    endpoint: Endpoint,
    number: number,
    { cacheTokens, prefillTokensPerSecond }: PodAbilities,
    prefixes = new PodPrefixes(cacheTokens),
  ) {
    this.endpoint = endpoint;
    this.number = number;
    this.backlog = new PrefillBacklog((prefillTokensPerSecond * endpoint.weight) / 1000);
    this.prefixes = prefixes;
    prefixes.capacityTokens = cacheTokens * endpoint.weight;
  }

  /** What this scheduler assigned to it in all, as `prefillWork` has it. */
  get assignedTokens(): number {
    return this.#assignedTokens;
  }

  /** How many of the prompt's cuts, from the first, are in its cache. */
  matchedCuts(prompt: PromptCuts): number {
    return this.prefixes.matchedCuts(prompt);
  }

  place(prompt: PromptCuts, nowMs: number): PlacedWork {
    const uncachedTokens = this.prefixes.place(prompt);
    const work = Math.round(prefillWork(uncachedTokens, prompt.totalTokens - uncachedTokens));
    this.#assignedTokens += work;
    this.backlog.assign(work, nowMs);
    return { uncachedTokens, work };
  }
}
