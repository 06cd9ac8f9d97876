import type { PromptCuts } from '../request/promptCuts.ts';

/** Prompts from this length on come first, where not all can: their caches are worth most. */
const longPromptTokens = 4_096;
/** Without anyone to tell, the prompts of the pods that waited longest are forgotten above this. */
const mostKeys = 131_072;
/** Pods come and go in the life of an instance. */
const mostPods = 65_536;

/** What was sent to one pod since it was last told. */
export interface PodPlacements {
  readonly address: string;
  /** Tokens that the pod had to compute for this instance, since the instance started. */
  readonly computedTokens: number;
  /** Cuts of long prompts, and of the others. A prompt has all of its cuts in one of them. */
  readonly long: Set<number>;
  readonly short: Set<number>;
}

/** What this instance sent to pods and has not told the others yet. A key is told once. */
export class PlacementLog {
  readonly #computedTokens = new Map<string, number>();
  #waiting = new Map<string, PodPlacements>();
  #keys = 0;

  /** How many keys wait. */
  get size(): number {
    return this.#keys;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** The prompt was sent to the pod, which has to compute so many tokens of it. */
  add(address: string, { keys, totalTokens }: PromptCuts, uncachedTokens: number): void {
    const computedTokens = (this.#computedTokens.get(address) ?? 0) + uncachedTokens;
    if (this.#computedTokens.size >= mostPods) this.#computedTokens.clear();
    this.#computedTokens.set(address, computedTokens);
    const { long, short } = this.#waiting.get(address) ?? { long: new Set(), short: new Set() };
    const told = totalTokens >= longPromptTokens ? long : short;
    const before = told.size;
    for (const key of keys) told.add(key);
    this.#keys += told.size - before;
    this.#waiting.set(address, { address, computedTokens, long, short });
    while (this.#keys > mostKeys && this.#waiting.size > 1) this.#forgetFirst();
  }

  /** Leaves out what waits of short prompts. */
  dropShort(): void {
    for (const { short } of this.#waiting.values()) {
      this.#keys -= short.size;
      short.clear();
    }
  }

  /** What waits, of whole pods, until there are so many keys; at least of one pod. */
  take(mostTaken: number): PodPlacements[] {
    const taken: PodPlacements[] = [];
    let keys = 0;
    for (const [address, pod] of this.#waiting) {
      keys += pod.long.size + pod.short.size;
      if (taken.length > 0 && keys > mostTaken) break;
      taken.push(pod);
      this.#waiting.delete(address);
      this.#keys -= pod.long.size + pod.short.size;
    }
    return taken;
  }

  /** What was taken was not told. */
  putBack(taken: readonly PodPlacements[]): void {
    const newer = this.#waiting;
    this.#waiting = new Map(taken.map((pod) => [pod.address, pod]));
    for (const pod of newer.values()) {
      const before = this.#waiting.get(pod.address);
      if (before === undefined) this.#waiting.set(pod.address, pod);
      else {
        const long = new Set([...before.long, ...pod.long]);
        const short = new Set([...before.short, ...pod.short]);
        this.#waiting.set(pod.address, { ...pod, long, short });
      }
    }
    this.#keys = 0;
    for (const { long, short } of this.#waiting.values()) this.#keys += long.size + short.size;
  }

  #forgetFirst(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [address, { long, short }] = first;
    this.#keys -= long.size + short.size;
    this.#waiting.delete(address);
  }
}
