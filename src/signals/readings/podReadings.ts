import type { PodReading, StoredReading } from '../../proto/records/podReading.ts';
import type { EngineReading, EngineReadings } from '../../scheduling/engineReading.ts';

/** What a pod said, and when, by this process's clock. */
export interface KnownReading {
  readonly reading: PodReading;
  readonly atMs: number;
  /** The instance that asked. */
  readonly from: string;
  /** The same for policies. */
  readonly engine: EngineReading;
}

/**
 * An older reading says nothing about the pod as it is: it is ignored, and never taken for a busy
 * or an idle one.
 */
export const freshMs = 3_000;
const waitingMs = 1_000;
/**
 * While another instance takes over the polling of a pod, two ask it. Records take so long to
 * arrive, so which of two answers is the later one is not known any better.
 */
const handoverMs = 500;

type ReadingListener = (address: string, known: KnownReading, before: KnownReading | undefined) => void;

/** The last reading of each pod, of whichever instance asked it. */
export class PodReadings implements EngineReadings {
  readonly #known = new Map<string, KnownReading>();
  readonly #nowMs: () => number;
  readonly #listeners = new Set<ReadingListener>();
  #waitedMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Of how many pods there is one, fresh or not. */
  get size(): number {
    return this.#known.size;
  }

  /** A pod said in the last second that requests wait there. */
  get areWaiting(): boolean {
    return this.#nowMs() - this.#waitedMs < waitingMs;
  }

  /** Calls back with each reading that is newer than the one before. */
  onReading(listener: ReadingListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The last one, however old. */
  last(address: string): KnownReading | undefined {
    return this.#known.get(address);
  }

  /** For policies, however old: they know its age. */
  of(address: string): EngineReading | undefined {
    return this.#known.get(address)?.engine;
  }

  /** undefined: none, or an old one. */
  fresh(address: string): KnownReading | undefined {
    const known = this.#known.get(address);
    return known !== undefined && this.#nowMs() - known.atMs <= freshMs ? known : undefined;
  }

  add(address: string, { reading, ageMs, from }: StoredReading): void {
    const atMs = this.#nowMs() - ageMs;
    const before = this.#known.get(address);
    if (before !== undefined && atMs - before.atMs < (before.from === from ? 0 : handoverMs)) return;
    const known = { reading, atMs, from, engine: engineReading(reading, atMs) };
    this.#known.set(address, known);
    if (reading.waiting) this.#waitedMs = Math.max(this.#waitedMs, atMs);
    for (const listener of this.#listeners) listener(address, known, before);
  }

  /** Forgets the pods that are in the pool no more. */
  keep(addresses: ReadonlySet<string>): void {
    for (const address of this.#known.keys()) if (!addresses.has(address)) this.#known.delete(address);
  }
}

function engineReading(
  { kvUse, waiting, running, generatedTokens }: PodReading,
  atMs: number,
): EngineReading {
  return {
    atMs,
    ...(kvUse !== undefined && { kvUse }),
    ...(waiting !== undefined && { waiting }),
    ...(running !== undefined && { running }),
    ...(generatedTokens !== undefined && { generatedTokens }),
  };
}
