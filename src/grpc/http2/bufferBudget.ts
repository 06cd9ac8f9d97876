/** A connection, as BufferBudget sees it. */
export interface Debtor {
  /** The bytes that this process holds for its peer, as they were last reported. */
  readonly heldBytes: number;
  /** Ends the connection at once. It reports that it holds nothing. */
  evict(limit: 'bufferBytes', message: string): void;
}

/**
 * What all connections of one server may make it hold: messages and header blocks that are not
 * whole, input that waits for its turn, and output that waits for a window or for the peer to read.
 * When it is too much, the connection that holds the most leaves: it did the most to cause it, and
 * frees the most.
 */
export class BufferBudget {
  readonly #limitBytes: number;
  /** Those that hold something. */
  readonly #debtors = new Set<Debtor>();
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Of all connections together. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** @param before what the connection held when it last reported a change */
  onChanged(debtor: Debtor, before: number): void {
    if (debtor.heldBytes === 0) this.#debtors.delete(debtor);
    else if (before === 0) this.#debtors.add(debtor);
    this.#heldBytes += debtor.heldBytes - before;
    if (this.#heldBytes > this.#limitBytes) this.#evictLargest();
  }

  #evictLargest(): void {
    let largest: Debtor | undefined;
    for (const debtor of this.#debtors) {
      if (largest === undefined || debtor.heldBytes > largest.heldBytes) largest = debtor;
    }
    largest?.evict('bufferBytes', 'this connection holds most of the memory');
  }
}
