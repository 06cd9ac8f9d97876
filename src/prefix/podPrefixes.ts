import type { PromptCuts } from '../request/promptCuts.ts';
import { clockAt, groupsOf, lastClockTokens, lastStamp, type PodEntries, stampAt } from './podEntries.ts';
import { PrefixTable } from './prefixTable.ts';

/** Cuts are at least so many tokens apart, which bounds the entries of a full cache. */
const fewestTokensPerCut = 64;
const none: readonly PromptCuts[] = [];
/** A clock that is further ahead is taken for one from before a restart of the clock. */
const farthestAheadTokens = 2 ** 39;

/**
 * Which beginnings of prompts a pod has in its cache, judged by what was sent there.
 *
 * Entries age by the pod's token clock, which counts the tokens that the pod had to compute: a
 * prompt is in the cache until as many others came as fit. A prompt that comes again renews all of
 * its entries, so a cut is never older than those behind it, and the longest beginning is found
 * by binary search.
 *
 * Instances that share what they sent there share the clock: see `PodEntries`.
 */
export class PodPrefixes {
  readonly #table: PrefixTable;
  #capacityTokens: number;
  #clockTokens = 0;
  #firstStamp = 1;
  #changes = 0;
  /** The clock is that of the fleet. */
  #isShared = false;

  /** @param capacityTokens of the pod's KV cache */
  constructor(capacityTokens: number) {
    this.#capacityTokens = capacityTokens;
    this.#table = new PrefixTable(mostEntries(capacityTokens));
  }

  /** Memory of the entries. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** How many entries it has, those among them that are too old and not dropped yet. */
  get entries(): number {
    return this.#table.size;
  }

  /** Tokens that the pod had to compute. */
  get clockTokens(): number {
    return this.#clockTokens;
  }

  /** Grows whenever an entry is added or renewed, or the cache is lost. */
  get changes(): number {
    return this.#changes;
  }

  get capacityTokens(): number {
    return this.#capacityTokens;
  }

  set capacityTokens(tokens: number) {
    this.#capacityTokens = tokens;
    this.#table.mostEntries = mostEntries(tokens);
  }

  /** How many cuts of the prompt, from the first, are in the cache. */
  matchedCuts(prompt: PromptCuts): number {
    let matched = this.#matchedKeys(prompt.keys);
    for (const other of prompt.otherwise ?? none) {
      const known = this.#matchedKeys(other.keys);
      if (known === 0) continue;
      const tokens = other.tokens[known - 1] as number;
      while (matched < prompt.keys.length && (prompt.tokens[matched] as number) <= tokens) matched += 1;
    }
    return matched;
  }

  /** How many of the keys, from the first, are in the cache. */
  #matchedKeys(keys: Uint32Array): number {
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
    const stamp = stampAt(this.#clockTokens);
    if (stamp > lastStamp) {
      this.#restartClock();
      return this.place(prompt);
    }
    const oldest = this.#oldestStamp();
    for (const key of prompt.keys) this.#table.add(key, stamp, oldest);
    this.#changes += 1;
    return uncached;
  }

  /**
   * Takes what another instance knows.
   *
   * @param newTokens of the clock, those that came on top of everything that is known here
   */
  merge({ clockTokens, firstStamp, groups }: PodEntries, newTokens = 0): void {
    if (this.#clockTokens > 0 && clockTokens - this.#clockTokens > farthestAheadTokens) return;
    if (!this.#isShared) this.#joinClock(clockTokens);
    const clock = Math.max(this.#clockTokens + newTokens, clockTokens);
    this.#clockTokens = Math.min(clock, lastClockTokens);
    if (firstStamp > this.#firstStamp) {
      this.#firstStamp = firstStamp;
      this.#changes += 1;
    }
    const oldest = this.#oldestStamp();
    let hasNews = false;
    for (const { stamp, keys } of groups) {
      if (stamp < oldest) continue;
      for (const key of keys) hasNews = this.#table.add(key, stamp, oldest) || hasNews;
    }
    if (hasNews) this.#changes += 1;
  }

  /** These keys with the times of their last use; those that are evicted are left out. */
  entriesOf(keys: Iterable<number>): PodEntries {
    const oldest = this.#oldestStamp();
    const byStamp = new Map<number, number[]>();
    for (const key of keys) {
      const stamp = this.#table.stampOf(key);
      if (stamp >= oldest) collect(byStamp, key, stamp);
    }
    return this.#with(byStamp);
  }

  /**
   * The entries that came last, at most so many. Those of one stamp are all in it or none, so that
   * no cut is there without those before it.
   */
  newestEntries(most: number): PodEntries {
    const oldest = this.#oldestStamp();
    const byStamp = new Map<number, number[]>();
    this.#table.forEach((key, stamp) => {
      if (stamp >= oldest) collect(byStamp, key, stamp);
    });
    let count = 0;
    for (const stamp of [...byStamp.keys()].sort((a, b) => b - a)) {
      count += byStamp.get(stamp)?.length ?? 0;
      if (count > most) byStamp.delete(stamp);
    }
    return this.#with(byStamp);
  }

  /** The pod has lost its cache. */
  clear(): void {
    this.#table.clear();
    this.#firstStamp = stampAt(this.#clockTokens) + 1;
    if (this.#firstStamp > lastStamp) this.#restartClock();
    this.#clockTokens = clockAt(this.#firstStamp);
    this.#changes += 1;
  }

  /** What was sent there before the clock was known came just before that. */
  #joinClock(clockTokens: number): void {
    this.#isShared = true;
    const ahead = stampAt(clockTokens) - stampAt(this.#clockTokens);
    if (ahead <= 0 || this.#clockTokens === 0) return;
    this.#table.shift(ahead);
    if (this.#firstStamp > 1) this.#firstStamp += ahead;
  }

  #restartClock(): void {
    this.#table.clear();
    this.#clockTokens = 0;
    this.#firstStamp = 1;
  }

  #with(byStamp: ReadonlyMap<number, readonly number[]>): PodEntries {
    return { clockTokens: this.#clockTokens, firstStamp: this.#firstStamp, groups: groupsOf(byStamp) };
  }

  /** Earlier ones have been evicted. */
  #oldestStamp(): number {
    return Math.max(this.#firstStamp, stampAt(Math.max(0, this.#clockTokens - this.#capacityTokens)));
  }
}

function mostEntries(capacityTokens: number): number {
  return Math.ceil((2 * capacityTokens) / fewestTokensPerCut);
}

function collect(byStamp: Map<number, number[]>, key: number, stamp: number): void {
  const keys = byStamp.get(stamp);
  if (keys === undefined) byStamp.set(stamp, [key]);
  else keys.push(key);
}
