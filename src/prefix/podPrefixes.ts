import type { PromptCuts } from '../request/promptCuts.ts';
import { PrefixTable } from './prefixTable.ts';

/**
 * The unit of stamps, in tokens: fine enough for caches of some 100,000 tokens, and 32 bits of it
 * last a busy pod for the better part of a year.
 */
const tokensPerStamp = 256;
const lastStamp = 0xffff_ffff;
/** Cuts are at least so many tokens apart, which bounds the entries of a full cache. */
const fewestTokensPerCut = 64;

/**
 * Which beginnings of prompts a pod has in its cache, judged by what was sent there.
 *
 * Entries age by the pod's token clock, which counts the tokens that the pod had to compute: a
 * prompt is in the cache until as many others came as fit. A prompt that comes again renews all of
 * its entries, so a cut is never older than those behind it, and the longest beginning is found
 * by binary search.
 */
export class PodPrefixes {
  readonly #capacityTokens: number;
  readonly #table: PrefixTable;
  #clockTokens = 0;

  /** @param capacityTokens of the pod's KV cache */
  constructor(capacityTokens: number) {
    this.#capacityTokens = capacityTokens;
    this.#table = new PrefixTable(Math.ceil((2 * capacityTokens) / fewestTokensPerCut));
  }

  /** Memory of the entries. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** How many cuts of the prompt, from the first, are in the cache. */
  matchedCuts({ keys }: PromptCuts): number {
    const oldest = this.#oldestStamp();
    let matched = 0;
    let beyond = keys.length;
    while (matched < beyond) {
      const middle = (matched + beyond) >> 1;
      if (this.#table.stampOf(keys[middle] as number) >= oldest) matched = middle + 1;
      else beyond = middle;
    }
    return matched;
  }

  /** How many tokens of the prompt the pod has to compute. */
  uncachedTokens(prompt: PromptCuts): number {
    const matched = this.matchedCuts(prompt);
    return prompt.totalTokens - (matched === 0 ? 0 : (prompt.tokens[matched - 1] as number));
  }

  /**
   * The prompt is sent to the pod.
   *
   * @returns how many of its tokens the pod has to compute
   */
  place(prompt: PromptCuts): number {
    const uncached = this.uncachedTokens(prompt);
    this.#clockTokens += uncached;
    const stamp = 1 + Math.floor(this.#clockTokens / tokensPerStamp);
    if (stamp > lastStamp) {
      this.clear();
      return this.place(prompt);
    }
    const oldest = this.#oldestStamp();
    for (const key of prompt.keys) this.#table.add(key, stamp, oldest);
    return uncached;
  }

  /** The pod has lost its cache. */
  clear(): void {
    this.#table.clear();
    this.#clockTokens = 0;
  }

  /** Earlier ones have been evicted; at least 1. */
  #oldestStamp(): number {
    return 1 + Math.max(0, Math.floor((this.#clockTokens - this.#capacityTokens) / tokensPerStamp));
  }
}
