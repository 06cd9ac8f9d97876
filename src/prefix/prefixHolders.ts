import type { PromptCuts } from '../request/promptCuts.ts';

/** A key that more pods hold needs no list: any sample of pods finds some. */
const mostHolders = 16;
/** The deepest known cut and some before it are read: its holders may have evicted it. */
const depthsRead = 4;
const fewestSlots = 256;
const fullest = 0.75;

/**
 * Which pods got a prompt, by its cuts: for pools that are too large to ask each pod. One open
 * table of keys and pod numbers, in which a key comes up to 16 times. What pods evict stays in it
 * until it begins again, so the answer is a hint of where to look.
 */
export class PrefixHolders {
  readonly #mostEntries: number;
  #keys = new Uint32Array(fewestSlots);
  /** Pod number + 1; 0: the slot is free. */
  #pods = new Uint32Array(fewestSlots);
  #size = 0;

  /** @param mostEntries with more, it forgets all and begins again */
  constructor(mostEntries: number) {
    this.#mostEntries = mostEntries;
  }

  add({ keys }: Pick<PromptCuts, 'keys'>, pod: number): void {
    for (const key of keys) this.#addKey(key, pod);
  }

  /** The numbers of pods that got the longest beginnings of the prompt, each once. */
  of({ keys }: PromptCuts): ReadonlySet<number> {
    let known = 0;
    let beyond = keys.length;
    while (known < beyond) {
      const middle = (known + beyond) >> 1;
      if (this.#podsOf(keys[middle] as number).length > 0) known = middle + 1;
      else beyond = middle;
    }
    const found = new Set<number>();
    const deepest = known - 1;
    for (
      let depth = deepest;
      depth >= 0 && depth > deepest - depthsRead && found.size < mostHolders;
      depth -= 1
    ) {
      for (const pod of this.#podsOf(keys[depth] as number)) found.add(pod);
    }
    return found;
  }

  #addKey(key: number, pod: number): void {
    if (this.#size + 1 > fullest * this.#keys.length) this.#makeRoom();
    const mask = this.#keys.length - 1;
    let holders = 0;
    let at = key & mask;
    for (; this.#pods[at] !== 0; at = (at + 1) & mask) {
      if (this.#keys[at] !== key) continue;
      holders += 1;
      if (this.#pods[at] === pod + 1) return;
      if (holders < mostHolders) continue;
      this.#pods[at] = pod + 1;
      return;
    }
    this.#keys[at] = key;
    this.#pods[at] = pod + 1;
    this.#size += 1;
  }

  #podsOf(key: number): number[] {
    const mask = this.#keys.length - 1;
    const pods: number[] = [];
    for (let at = key & mask; this.#pods[at] !== 0; at = (at + 1) & mask) {
      if (this.#keys[at] === key) pods.push((this.#pods[at] as number) - 1);
    }
    return pods;
  }

  #makeRoom(): void {
    const [keys, pods] = [this.#keys, this.#pods];
    const forgets = this.#size >= this.#mostEntries;
    this.#keys = new Uint32Array(forgets ? fewestSlots : 2 * keys.length);
    this.#pods = new Uint32Array(this.#keys.length);
    this.#size = 0;
    if (forgets) return;
    pods.forEach((pod, at) => {
      if (pod !== 0) this.#addKey(keys[at] as number, pod - 1);
    });
  }
}
