import type { PodReading } from '../../proto/records/podReading.ts';

/** Tokens of prompts, and those of them that were cached. */
interface Hits {
  tokens: number;
  cached: number;
}

interface Compared {
  /** Since the last reading: the engine has not counted them all. */
  readonly placed: Hits;
  readonly expected: Hits;
  readonly engine: Hits;
  atMs: number;
  /** Follows the bias slowly. */
  correction: number;
}

const memoryMs = 300_000;
/** What is short, such as traffic that begins, corrects nothing. */
const correctionMs = 60_000;
/** With fewer tokens, or a smaller share, chance decides. */
const leastTokens = 100_000;
const leastShare = 0.02;
/** However wrong the expectation was, its correction has bounds. */
const leastBias = 0.25;
const largestBias = 2;

/**
 * How much of the prompts pods find in their caches by their own counters, against what was
 * expected of the prompts that were sent there. Both are shares, so that traffic of others and the
 * size of a token do not matter. Pods are forgotten where nothing was compared for long.
 */
export class HitComparison {
  readonly #nowMs: () => number;
  readonly #pods = new Map<string, Compared>();

  /** @param nowMs a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A prompt was sent to the pod, of which so many tokens are taken to be cached. */
  expect(address: string, tokens: number, cachedTokens: number): void {
    const { placed } = this.#of(address);
    placed.tokens += tokens;
    placed.cached += cachedTokens;
  }

  /** The pod's counters were the one, and now are the other. */
  onCounters(address: string, before: PodReading, now: PodReading): void {
    const looked = (now.cacheQueries ?? 0) - (before.cacheQueries ?? 0);
    const found = (now.cacheHits ?? 0) - (before.cacheHits ?? 0);
    if (now.cacheHits === undefined || before.cacheHits === undefined || looked < 0 || found < 0) return;
    const compared = this.#of(address);
    this.#decay(compared);
    const { engine, expected, placed } = compared;
    engine.tokens += looked;
    engine.cached += found;
    expected.tokens += placed.tokens;
    expected.cached += placed.cached;
    placed.tokens = 0;
    placed.cached = 0;
  }

  /** By how much the size of the pod's cache is to be corrected: the bias, followed slowly. */
  correction(address: string): number {
    return this.#pods.get(address)?.correction ?? 1;
  }

  /** The share that the engine finds, relative to the expected one; 1 where nothing is known. */
  bias(address: string): number {
    const compared = this.#pods.get(address);
    return compared === undefined ? 1 : biasOf(compared);
  }

  forget(address: string): void {
    this.#pods.delete(address);
  }

  /** Forgets the pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const address of this.#pods.keys()) if (!addresses.has(address)) this.#pods.delete(address);
  }

  #of(address: string): Compared {
    let compared = this.#pods.get(address);
    if (compared === undefined) {
      const none = (): Hits => ({ tokens: 0, cached: 0 });
      compared = { placed: none(), expected: none(), engine: none(), atMs: this.#nowMs(), correction: 1 };
      this.#pods.set(address, compared);
    }
    return compared;
  }

  #decay(compared: Compared): void {
    const nowMs = this.#nowMs();
    const share = Math.exp(-(nowMs - compared.atMs) / memoryMs);
    const step = 1 - Math.exp(-(nowMs - compared.atMs) / correctionMs);
    compared.correction += step * (biasOf(compared) - compared.correction);
    for (const hits of [compared.expected, compared.engine]) {
      hits.tokens *= share;
      hits.cached *= share;
    }
    compared.atMs = nowMs;
  }
}

function biasOf({ engine, expected }: Compared): number {
  if (engine.tokens < leastTokens || expected.tokens < leastTokens) return 1;
  const share = expected.cached / expected.tokens;
  if (share < leastShare) return 1;
  return Math.min(largestBias, Math.max(leastBias, engine.cached / engine.tokens / share));
}
