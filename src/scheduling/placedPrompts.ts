import type { PodEntries } from '../prefix/podEntries.ts';
import { PodPrefixes } from '../prefix/podPrefixes.ts';
import { PrefixHolders } from '../prefix/prefixHolders.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import type { Endpoint } from './endpoint.ts';
import type { Random } from './load.ts';
import { type PlacedWork, type PodAbilities, PodWork } from './podWork.ts';
import { eachSampled } from './sample.ts';

/** Of larger pools only some pods are compared: those that got the prompt before, and a sample. */
const wholePool = 128;
const sampleSize = 24;
/** For large pools, of 11 to 22 bytes each. */
const mostHolderEntries = 1_000_000;
/** So many pods that left the pool are remembered: they may come back. */
const mostGone = 64;
/** What peers say of more pods than this, which are no candidates here, is not taken. */
const mostUnused = 20_000;

const noEntries: Pick<PodEntries, 'groups'> = { groups: [] };

/** Hears where this scheduler sends prompts, in the path of a request. */
export type OnPlaced = (endpoint: Endpoint, prompt: PromptCuts, placed: PlacedWork) => void;

export interface PlacedPromptsOptions {
  readonly pods: PodAbilities;
  readonly random: Random;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  readonly onPlaced?: OnPlaced;
}

/** Where this scheduler sent which prompts, and its peers as far as they say so. */
export class PlacedPrompts {
  readonly #options: PlacedPromptsOptions;
  readonly #byAddress = new Map<string, PodWork>();
  readonly #byNumber = new Map<number, PodWork>();
  /** What peers say of pods that are no candidates so far. */
  readonly #unused = new Map<string, PodPrefixes>();
  #hasNewPods = false;
  /** Once the pool was large. */
  #holders: PrefixHolders | undefined;
  #nextNumber = 0;

  constructor(options: PlacedPromptsOptions) {
    this.#options = options;
  }

  /** The work of a pod. */
  of(endpoint: Endpoint): PodWork {
    return this.#byAddress.get(endpoint.address) ?? this.#begin(endpoint);
  }

  /** The candidates that are worth comparing, each once; at least one. */
  compared(candidates: readonly Endpoint[], prompt: PromptCuts): readonly Endpoint[] {
    if (candidates.length <= wholePool) return candidates;
    if (this.#hasNewPods) this.#useNewPods(candidates);
    const compared = new Set<Endpoint>();
    eachSampled(candidates, sampleSize, this.#options.random, (endpoint) => compared.add(endpoint));
    for (const cuts of [prompt, ...(prompt.otherwise ?? [])]) {
      for (const number of this.#holders?.of(cuts) ?? []) {
        const endpoint = this.#byNumber.get(number)?.endpoint;
        if (endpoint !== undefined && candidates.includes(endpoint)) compared.add(endpoint);
      }
    }
    return [...compared];
  }

  place(prompt: PromptCuts, endpoint: Endpoint, candidates: readonly Endpoint[]): void {
    const work = this.#workOf(endpoint);
    const placed = work.place(prompt, this.#options.nowMs());
    this.#options.onPlaced?.(endpoint, prompt, placed);
    if (candidates.length <= wholePool) return;
    this.#holders ??= new PrefixHolders(mostHolderEntries);
    this.#holders.add(prompt, work.number);
  }

  /**
   * It is known now how many tokens all schedulers have assigned to the pod; undefined: it is not.
   * The pod computes them from now on, so this is not left to the next decision.
   */
  onAssigned(address: string, ofFleet: number | undefined): void {
    const work = this.#byAddress.get(address);
    if (work === undefined) return;
    const assignedByPeers = ofFleet === undefined ? undefined : ofFleet - work.assignedTokens;
    work.backlog.tokens({ nowMs: this.#options.nowMs(), assignedByPeers, reading: undefined });
  }

  /** What other schedulers sent to the pod, as `PodPrefixes.merge` has it. */
  merge(address: string, entries: PodEntries, newTokens: number): void {
    const work = this.#byAddress.get(address);
    const prefixes = work?.prefixes ?? this.#unusedOf(address);
    prefixes?.merge(entries, newTokens);
    if (work === undefined) return;
    for (const group of this.#holders ? entries.groups : []) this.#holders?.add(group, work.number);
  }

  /** What the pod has in its cache, as far as it is known. */
  prefixesOf(address: string): PodPrefixes | undefined {
    return this.#byAddress.get(address)?.prefixes ?? this.#unused.get(address);
  }

  /** How many pods prompts were sent to. */
  get size(): number {
    return this.#byAddress.size + this.#unused.size;
  }

  /** The addresses of pods that prompts were sent to. */
  *addresses(): Iterable<string> {
    yield* this.#byAddress.keys();
    yield* this.#unused.keys();
  }

  /** Forgets pods that left the pool, when they are many: those first that are known longest. */
  keep(pool: ReadonlySet<string>): void {
    if (this.size <= pool.size + mostGone) return;
    const gone = [...this.addresses()].filter((address) => !pool.has(address));
    for (const address of gone.slice(0, -mostGone)) {
      const work = this.#byAddress.get(address);
      if (work !== undefined) this.#byNumber.delete(work.number);
      this.#byAddress.delete(address);
      this.#unused.delete(address);
    }
  }

  #unusedOf(address: string): PodPrefixes | undefined {
    const known = this.#unused.get(address);
    if (known !== undefined || this.#unused.size >= mostUnused) return known;
    const prefixes = new PodPrefixes(this.#options.pods.cacheTokens);
    this.#unused.set(address, prefixes);
    this.#hasNewPods = true;
    return prefixes;
  }

  /** In a large pool a pod is compared where its prompts are known by it. */
  #useNewPods(candidates: readonly Endpoint[]): void {
    this.#hasNewPods = false;
    this.#holders ??= new PrefixHolders(mostHolderEntries);
    for (const endpoint of candidates) if (this.#unused.has(endpoint.address)) this.#begin(endpoint);
  }

  #workOf(endpoint: Endpoint): PodWork {
    const known = this.#byAddress.get(endpoint.address);
    // Another object may have other traits; its cache is the same only while it is the same pod.
    if (known?.endpoint === endpoint) return known;
    known?.prefixes.clear();
    return this.#begin(endpoint);
  }

  #begin(endpoint: Endpoint): PodWork {
    const { address } = endpoint;
    const known = this.#byAddress.get(address);
    const prefixes = known?.prefixes ?? this.#unused.get(address);
    this.#unused.delete(address);
    // One for an address, however often its traits change: the holders keep 32 bits of it.
    const number = known?.number ?? this.#nextNumber++;
    const work = new PodWork(endpoint, number, this.#options.pods, prefixes);
    this.#byAddress.set(address, work);
    this.#byNumber.set(work.number, work);
    const { groups } = this.#holders && prefixes ? prefixes.newestEntries(mostHolderEntries) : noEntries;
    for (const group of groups) this.#holders?.add(group, work.number);
    return work;
  }
}
