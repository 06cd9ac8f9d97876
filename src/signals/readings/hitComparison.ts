import type { PodReading } from '../../proto/records/podReading.ts';

/** Tokens of prompts, and those of them that were cached. */
interface Hits {
  tokens: number;
  cached: number;
}

interface Compared {
  readonly expected: Hits;
  readonly engine: Hits;
  atMs: number;
}

const memoryMs = 300_000;
/** With fewer tokens, or a smaller share, chance decides. */
const leastTokens = 50_000;
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
    const { expected } = this.#of(address);
    expected.tokens += tokens;
    expected.cached += cachedTokens;
  }

  /** The pod's counters were the one, and now are the other. */
  onCounters(address: string, before: PodReading, now: PodReading): void {
    const looked = (now.cacheQueries ?? 0) - (before.cacheQueries ?? 0);
    const found = (now.cacheHits ?? 0) - (before.cacheHits ?? 0);
    if (now.cacheHits === undefined || before.cacheHits === undefined || looked < 0 || found < 0) return;
    const compared = this.#of(address);
    this.#decay(compared);
    compared.engine.tokens += looked;
    compared.engine.cached += found;
  }

  /** The share that the engine finds, relative to the expected one; 1 where nothing is known. */
  bias(address: string): number {
    const compared = this.#pods.get(address);
    if (compared === undefined) return 1;
    const { engine, expected } = compared;
    if (engine.tokens < leastTokens || expected.tokens < leastTokens) return 1;
    const share = expected.cached / expected.tokens;
    if (share < leastShare) return 1;
    return Math.min(largestBias, Math.max(leastBias, engine.cached / engine.tokens / share));
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
      compared = { expected: none(), engine: none(), atMs: this.#nowMs() };
      this.#pods.set(address, compared);
    }
    return compared;
  }

  #decay(compared: Compared): void {
    const nowMs = this.#nowMs();
    const share = Math.exp(-(nowMs - compared.atMs) / memoryMs);
    for (const hits of [compared.expected, compared.engine]) {
      hits.tokens *= share;
      hits.cached *= share;
    }
    compared.atMs = nowMs;
  }
}
