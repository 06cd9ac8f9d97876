import { PrefixHolders } from '../prefix/prefixHolders.ts';
import type { PromptCuts } from '../request/promptCuts.ts';
import type { Endpoint } from './endpoint.ts';
import { PodWork } from './podWork.ts';
import type { PolicyOptions } from './policy.ts';
import { eachSampled } from './sample.ts';

/** Of larger pools only some pods are compared: those that got the prompt before, and a sample. */
const wholePool = 128;
const sampleSize = 24;
/** For large pools, of 11 to 22 bytes each. */
const mostHolderEntries = 1_000_000;
/** Pods that are no candidates any more are swept when there are more than these. */
const sweepSlack = 64;

/** Where this scheduler sent which prompts. */
export class PlacedPrompts {
  readonly #options: Pick<PolicyOptions, 'pods' | 'random' | 'nowMs'>;
  readonly #byAddress = new Map<string, PodWork>();
  readonly #byNumber = new Map<number, PodWork>();
  /** Once the pool was large. */
  #holders: PrefixHolders | undefined;
  #nextNumber = 0;

  constructor(options: Pick<PolicyOptions, 'pods' | 'random' | 'nowMs'>) {
    this.#options = options;
  }

  /** The work of a pod; undefined: it got no prompt from this scheduler. */
  of({ address }: Endpoint): PodWork | undefined {
    return this.#byAddress.get(address);
  }

  /** The candidates that are worth comparing, each once; at least one. */
  compared(candidates: readonly Endpoint[], prompt: PromptCuts): readonly Endpoint[] {
    if (candidates.length <= wholePool) return candidates;
    const compared = new Set<Endpoint>();
    eachSampled(candidates, sampleSize, this.#options.random, (endpoint) => compared.add(endpoint));
    for (const number of this.#holders?.of(prompt) ?? []) {
      const endpoint = this.#byNumber.get(number)?.endpoint;
      if (endpoint !== undefined && candidates.includes(endpoint)) compared.add(endpoint);
    }
    return [...compared];
  }

  place(prompt: PromptCuts, endpoint: Endpoint, candidates: readonly Endpoint[]): void {
    const work = this.#workOf(endpoint, candidates);
    work.place(prompt, this.#options.nowMs());
    if (candidates.length <= wholePool) return;
    this.#holders ??= new PrefixHolders(mostHolderEntries);
    this.#holders.add(prompt, work.number);
  }

  #workOf(endpoint: Endpoint, candidates: readonly Endpoint[]): PodWork {
    const known = this.#byAddress.get(endpoint.address);
    // Another object may have other traits; its cache is the same only while it is the same pod.
    if (known?.endpoint === endpoint) return known;
    this.#sweep(candidates);
    const work = new PodWork(endpoint, this.#nextNumber++, this.#options.pods);
    if (known !== undefined) this.#byNumber.delete(known.number);
    this.#byAddress.set(endpoint.address, work);
    this.#byNumber.set(work.number, work);
    return work;
  }

  #sweep(candidates: readonly Endpoint[]): void {
    if (this.#byAddress.size <= 2 * candidates.length + sweepSlack) return;
    const kept = new Set(candidates.map(({ address }) => address));
    for (const [address, { number }] of this.#byAddress) {
      if (kept.has(address)) continue;
      this.#byAddress.delete(address);
      this.#byNumber.delete(number);
    }
  }
}
