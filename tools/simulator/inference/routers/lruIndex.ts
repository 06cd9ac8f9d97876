/** A least-recently-used set of block contents, as routers keep for a pod. */
export class LruIndex {
  readonly #entries = new Set<number>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many of these blocks, from the first, are in it. */
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
