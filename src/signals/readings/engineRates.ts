import type { PodReading } from '../../proto/records/podReading.ts';
import { hasRestarted } from './hasRestarted.ts';

/** What a pod did lately, by its engine's counters; null where they do not say. */
export interface PodRates {
  /** Of the tokens of prompts, the share that was in its prefix cache, 0 to 1. */
  readonly cacheHitRate: number | null;
  /** The mean time to the first token. */
  readonly firstTokenMs: number | null;
}

interface Lately {
  looked: number;
  found: number;
  firstTokens: number;
  firstTokenSeconds: number;
  atMs: number;
}

/** Older work counts ever less. */
const memoryMs = 60_000;
/** What is left of less than that is no measure of the present. */
const leastTokens = 1;
const leastResponses = 0.5;
const unknown: PodRates = { cacheHitRate: null, firstTokenMs: null };

/** The rates of each pod, from two readings of its counters at a time. For people. */
export class EngineRates {
  readonly #pods = new Map<string, Lately>();

  /** @param atMs when the pod said it, on a monotonic clock */
  onReading(address: string, now: PodReading, before: PodReading | undefined, atMs: number): void {
    if (before === undefined || hasRestarted(before, now)) {
      this.#pods.delete(address);
      return;
    }
    const lately = this.#pods.get(address) ?? {
      looked: 0,
      found: 0,
      firstTokens: 0,
      firstTokenSeconds: 0,
      atMs,
    };
    const share = Math.exp(-Math.max(0, atMs - lately.atMs) / memoryMs);
    this.#pods.set(address, {
      looked: lately.looked * share + increase(before.cacheQueries, now.cacheQueries),
      found: lately.found * share + increase(before.cacheHits, now.cacheHits),
      firstTokens: lately.firstTokens * share + increase(before.firstTokens, now.firstTokens),
      firstTokenSeconds:
        lately.firstTokenSeconds * share + increase(before.firstTokenSeconds, now.firstTokenSeconds),
      atMs,
    });
  }

  of(address: string): PodRates {
    const lately = this.#pods.get(address);
    if (lately === undefined) return unknown;
    const { looked, found, firstTokens, firstTokenSeconds } = lately;
    return {
      cacheHitRate: looked < leastTokens ? null : Math.min(1, found / looked),
      firstTokenMs: firstTokens < leastResponses ? null : (1_000 * firstTokenSeconds) / firstTokens,
    };
  }

  /** Forgets the pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const address of this.#pods.keys()) if (!addresses.has(address)) this.#pods.delete(address);
  }
}

/** 0 where an earlier answer arrives later, or it was not said before. */
function increase(before: number | undefined, now: number | undefined): number {
  return before === undefined || now === undefined ? 0 : Math.max(0, now - before);
}
