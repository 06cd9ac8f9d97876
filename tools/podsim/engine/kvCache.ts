/** One block of the KV cache. */
export interface KvBlock {
  /** The number of its content; undefined: nothing can be found by it. */
  content: number | undefined;
  users: number;
}

/**
 * The KV cache of a pod, with the semantics of vLLM: blocks are found by their content as soon as
 * they are computed; those that no request uses are kept until their place is needed, the one that
 * was freed first goes first.
 */
export class KvCache {
  readonly capacity: number;
  readonly #byContent = new Map<number, KvBlock>();
  /** Those without a user, the next to go first. */
  readonly #idle = new Set<KvBlock>();
  #used = 0;

  /** @param capacity in blocks */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Blocks that requests use. */
  get used(): number {
    return this.#used;
  }

  get free(): number {
    return this.capacity - this.#used;
  }

  /** How many of these blocks, from the first, are cached. */
  matched(contents: readonly number[], most = contents.length): number {
    let count = 0;
    while (count < most && this.#byContent.has(contents[count] as number)) count += 1;
    return count;
  }

  /** How many of these cached blocks have no user: they take room once they are used. */
  idleAmong(contents: readonly number[], count: number): number {
    let idle = 0;
    for (let index = 0; index < count; index += 1) {
      if (this.#byContent.get(contents[index] as number)?.users === 0) idle += 1;
    }
    return idle;
  }

  /** A cached block gets one more user. */
  share(content: number): KvBlock {
    const block = this.#byContent.get(content) as KvBlock;
    if (block.users === 0) {
      this.#idle.delete(block);
      this.#used += 1;
    }
    block.users += 1;
    return block;
  }

  /** An empty block for one user, in place of an idle one where none is empty. */
  allocate(): KvBlock {
    if (this.#used + this.#idle.size >= this.capacity) this.#evict();
    this.#used += 1;
    return { content: undefined, users: 1 };
  }

  /** The block has its content now. */
  computed(block: KvBlock, content: number): void {
    if (this.#byContent.has(content)) return;
    block.content = content;
    this.#byContent.set(content, block);
  }

  /** The user of these blocks has ended: of them, the last goes first. */
  release(blocks: readonly KvBlock[]): void {
    for (let index = blocks.length - 1; index >= 0; index -= 1) {
      const block = blocks[index] as KvBlock;
      block.users -= 1;
      if (block.users > 0) continue;
      this.#used -= 1;
      this.#idle.add(block);
    }
  }

  #evict(): void {
    const [oldest] = this.#idle;
    if (oldest === undefined) throw new Error('the KV cache is full');
    this.#idle.delete(oldest);
    if (oldest.content !== undefined) this.#byContent.delete(oldest.content);
  }
}
