/** What all bodies together may occupy that are kept to be changed. */
export class KeptBodyBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** A copy of a request body, or of its beginning, as far as the budget allows. */
export class KeptBody {
  readonly #budget: KeptBodyBudget;
  #parts: Buffer[] = [];
  #bytes = 0;
  #isComplete = true;

  constructor(budget: KeptBodyBudget) {
    this.#budget = budget;
  }

  /** false: the budget did not allow all of it, so nothing of it is left. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  add(bytes: Buffer): void {
    if (!this.#isComplete) return;
    if (!this.#budget.take(bytes.length)) {
      this.drop();
      return;
    }
    this.#bytes += bytes.length;
    this.#parts.push(Buffer.from(bytes));
  }

  /** The body with other bytes in the place of `[start, end)`. */
  replaced(start: number, end: number, by: Buffer): Buffer {
    const parts: Buffer[] = [];
    let isReplaced = false;
    let offset = 0;
    for (const part of this.#parts) {
      const next = offset + part.length;
      if (offset < start) parts.push(part.subarray(0, start - offset));
      if (next > start && !isReplaced) {
        parts.push(by);
        isReplaced = true;
      }
      if (next > end) parts.push(part.subarray(Math.max(0, end - offset)));
      offset = next;
    }
    return Buffer.concat(parts);
  }

  /** Gives its memory back. Later calls do nothing. */
  drop(): void {
    this.#budget.give(this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    this.#isComplete = false;
  }
}
