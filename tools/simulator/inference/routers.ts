import type { Random } from '../../../src/scheduling/load.ts';
import { at, randomIndex } from '../../../src/scheduling/sample.ts';
import { chunkMs } from './enginePresets.ts';
import type { InferencePod, Sequence } from './inferencePod.ts';
import { blockTokens, type InferenceRequest } from './inferenceTrace.ts';

/** Chooses the pod of a request. */
export interface Router {
  /** @returns the number of the pod, and what is to be called when the request has ended */
  route(request: InferenceRequest): { readonly pod: number; readonly onEnd?: () => void };
}

/** Each pod in turn. */
export class RoundRobinRouter implements Router {
  readonly #pods: number;
  #next: number;

  constructor(pods: number, random: Random) {
    this.#pods = pods;
    this.#next = randomIndex(pods, random);
  }

  route(): { pod: number } {
    this.#next = (this.#next + 1) % this.#pods;
    return { pod: this.#next };
  }
}

/** Blocks of 64 tokens are the smallest that llm-d's index has, engine blocks are of 16. */
const believedCacheFactor = 4;

/** A least-recently-used set of block contents. */
class LruIndex {
  readonly #entries = new Set<number>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  matched(contents: readonly number[]): number {
    let count = 0;
    while (count < contents.length && this.#entries.has(contents[count] as number)) count += 1;
    return count;
  }

  /** From the root to the leaf, so that the root is the first to be evicted. */
  add(contents: readonly number[]): void {
    for (const content of contents) {
      this.#entries.delete(content);
      this.#entries.add(content);
      if (this.#entries.size <= this.#capacity) continue;
      const [oldest] = this.#entries;
      this.#entries.delete(oldest as number);
    }
  }
}

/** What pods say of themselves, for so long. */
const scrapeMs = 50;

/**
 * llm-d's built-in default: queue × 2 + free KV cache × 2 + matched prefix × 3, each within [0, 1];
 * the highest score, ties at random. Its approximate index counts entries by the engine's number of
 * blocks, though its own are four times as long.
 */
export class LlmdRouter implements Router {
  readonly #pods: readonly InferencePod[];
  readonly #random: Random;
  readonly #nowMs: () => number;
  readonly #indexes: readonly LruIndex[];
  #scrapedMs = Number.NEGATIVE_INFINITY;
  #queues: number[] = [];
  #kvUse: number[] = [];

  constructor(pods: readonly InferencePod[], random: Random, nowMs: () => number) {
    this.#pods = pods;
    this.#random = random;
    this.#nowMs = nowMs;
    this.#indexes = pods.map(({ cache }) => new LruIndex(cache.capacity * believedCacheFactor));
  }

  route({ blocks, inputTokens }: InferenceRequest): { pod: number } {
    this.#scrape();
    const most = Math.max(...this.#queues);
    const least = Math.min(...this.#queues);
    const full = blocks.slice(0, Math.floor(inputTokens / blockTokens));
    const scores = this.#pods.map((_, pod) => {
      const queue = most === least ? 1 : (most - (this.#queues[pod] as number)) / (most - least);
      const matched = full.length === 0 ? 0 : (this.#indexes[pod] as LruIndex).matched(full) / full.length;
      return 2 * queue + 2 * (1 - (this.#kvUse[pod] as number)) + 3 * matched;
    });
    const highest = Math.max(...scores);
    const best = scores.flatMap((score, pod) => (score === highest ? [pod] : []));
    const pod = at(best, randomIndex(best.length, this.#random));
    this.#indexes[pod]?.add(full);
    return { pod };
  }

  #scrape(): void {
    if (this.#nowMs() - this.#scrapedMs < scrapeMs) return;
    this.#scrapedMs = this.#nowMs();
    this.#queues = this.#pods.map(({ waiting }) => waiting.length);
    this.#kvUse = this.#pods.map(({ cache }) => cache.used / cache.capacity);
  }
}

/**
 * Knows the true caches, the true work and the true lengths of responses, and takes the pod with
 * the earliest first token. Greedy: a bound that is hard to reach, not the optimum.
 */
export class OmniscientRouter implements Router {
  readonly #pods: readonly InferencePod[];
  readonly #nowMs: () => number;

  constructor(pods: readonly InferencePod[], nowMs: () => number) {
    this.#pods = pods;
    this.#nowMs = nowMs;
  }

  route(request: InferenceRequest): { pod: number } {
    let chosen = 0;
    let soonest = Number.POSITIVE_INFINITY;
    this.#pods.forEach((pod, number) => {
      const ms = this.#firstTokenMs(pod, request);
      if (ms >= soonest) return;
      soonest = ms;
      chosen = number;
    });
    return { pod: chosen };
  }

  #firstTokenMs(pod: InferencePod, request: InferenceRequest): number {
    const { cache, engine } = pod;
    const cachedOf = ({ blocks, inputTokens }: InferenceRequest): number =>
      blockTokens * cache.matched(blocks, Math.floor((inputTokens - 1) / blockTokens));
    const cached = cachedOf(request);
    let tokens = request.inputTokens - cached;
    let ms = chunkMs(engine, cached, tokens);
    let blocks = Math.ceil(tokens / blockTokens);
    const add = (from: number, to: number): void => {
      tokens += to - from;
      ms += chunkMs(engine, from, to - from);
    };
    for (const { computedTokens, targetTokens } of pod.prefilling) add(computedTokens, targetTokens);
    for (const { request: other, targetTokens } of pod.waiting) {
      const otherCached = cachedOf(other);
      add(otherCached, targetTokens);
      blocks += Math.ceil((targetTokens - otherCached) / blockTokens);
    }
    const steps = Math.ceil(tokens / (engine.stepTokens - pod.decoding.size));
    const stepMs =
      engine.baseMs + engine.perKvTokenMs * pod.decodingTokens + engine.perSequenceMs * pod.running;
    const roomMs = stepMs * stepsUntilFree(pod, blocks - cache.free);
    return (
      pod.remainingStepMs(this.#nowMs()) +
      Math.max(ms + steps * stepMs, roomMs + chunkMs(engine, cached, request.inputTokens - cached))
    );
  }
}

/** How many steps it takes until responses that end have freed so many blocks. */
function stepsUntilFree(pod: InferencePod, blocks: number): number {
  if (blocks <= 0) return 0;
  const left = ({ request, generated }: Sequence): number => request.outputTokens - generated;
  let missing = blocks;
  for (const sequence of [...pod.decoding].sort((a, b) => left(a) - left(b))) {
    missing -= sequence.blocks.length;
    if (missing <= 0) return left(sequence);
  }
  return 1_000;
}
