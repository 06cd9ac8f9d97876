import { PodPrefixes } from '../prefix/podPrefixes.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import type { Endpoint } from './endpoint.ts';
import type { PolicyOptions } from './policy.ts';

/** What this scheduler sent to one pod: the prompts that are cached there, and those to compute. */
export class PodWork {
  readonly endpoint: Endpoint;
  /** Counts the pods that this scheduler sent prompts to, from 0. */
  readonly number: number;
  readonly #tokensPerMs: number;
  readonly #prefixes: PodPrefixes;
  #backlogTokens = 0;
  #updatedMs = 0;

  constructor(
    endpoint: Endpoint,
    number: number,
    { cacheTokens, prefillTokensPerSecond }: PolicyOptions['pods'],
  ) {
    this.endpoint = endpoint;
    this.number = number;
    this.#tokensPerMs = (prefillTokensPerSecond * endpoint.weight) / 1000;
    this.#prefixes = new PodPrefixes(cacheTokens * endpoint.weight);
  }

  /** How many of the prompt's cuts, from the first, are in its cache. */
  matchedCuts(prompt: PromptCuts): number {
    return this.#prefixes.matchedCuts(prompt);
  }

  /** Tokens that it still has to compute: a bucket that leaks at the pod's speed. */
  backlogTokens(nowMs: number): number {
    return Math.max(0, this.#backlogTokens - (nowMs - this.#updatedMs) * this.#tokensPerMs);
  }

  place(prompt: PromptCuts, nowMs: number): void {
    this.#backlogTokens = this.backlogTokens(nowMs) + this.#prefixes.place(prompt);
    this.#updatedMs = nowMs;
  }
}
