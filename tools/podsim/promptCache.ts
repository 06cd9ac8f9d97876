import { blockHashes, tokensPerBlock } from './engine/promptBlocks.ts';

/** What one prompt found in the cache. */
export interface CachedPrompt {
  readonly cachedTokens: number;
  /** Its prompt is computed: it can be found from now on. */
  store(): void;
}

export interface CacheCounts {
  /** Tokens of prompts that were looked up, and those that were found. */
  queries: number;
  hits: number;
}

/**
 * The prefix cache of a simulated pod: full blocks of prompts, found by all of the prompt up to
 * their end. The one that was used longest ago goes first; of one prompt the last.
 */
export class PromptCache {
  readonly blocks: number;
  readonly counts: CacheCounts = { queries: 0, hits: 0 };
  /** The hashes of prompts up to the end of a block, the next to go first. */
  readonly #hashes = new Set<number>();

  /** @param tokens that it holds; 0: there is no cache */
  constructor(tokens: number) {
    this.blocks = Math.floor(tokens / tokensPerBlock);
  }

  get isOn(): boolean {
    return this.blocks > 0;
  }

  /**
   * @param promptTokens of which the last is always computed
   */
  lookUp(text: string, promptTokens: number): CachedPrompt {
    const hashes = blockHashes(text, Math.min(Math.floor(promptTokens / tokensPerBlock), this.blocks));
    let found = 0;
    while (found < hashes.length && this.#hashes.has(hashes[found] as number)) found += 1;
    const cachedTokens = Math.min(found * tokensPerBlock, promptTokens - 1);
    this.counts.queries += promptTokens;
    this.counts.hits += cachedTokens;
    return { cachedTokens, store: () => this.#store(hashes) };
  }

  #store(hashes: readonly number[]): void {
    for (let index = hashes.length - 1; index >= 0; index -= 1) {
      const hash = hashes[index] as number;
      this.#hashes.delete(hash);
      this.#hashes.add(hash);
    }
    for (const oldest of this.#hashes) {
      if (this.#hashes.size <= this.blocks) break;
      this.#hashes.delete(oldest);
    }
  }
}
