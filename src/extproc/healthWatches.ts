/** A client watches once for each of its connections, or once for each service it cares for. */
const maxOfConnection = 10;
/** Each costs about 1.5 KiB, and a call at each change of the phase. */
const maxTotal = 1_000;

/** The open health watches: clients never end them, so they are counted. */
export class HealthWatches {
  readonly #ends = new Set<() => void>();
  readonly #ofConnection = new Map<unknown, number>();

  /** @returns why this connection may not watch, if it may not */
  refusal(connection: unknown): string | undefined {
    if ((this.#ofConnection.get(connection) ?? 0) >= maxOfConnection) {
      return `this connection has ${maxOfConnection} health watches already`;
    }
    return this.#ends.size >= maxTotal ? `there are ${maxTotal} health watches already` : undefined;
  }

  /**
   * @param onEnd ends the watch; called once
   * @returns a function that ends it, once
   */
  add(connection: unknown, onEnd: () => void): () => void {
    const end = (): void => {
      if (!this.#ends.delete(end)) return;
      this.#count(connection, -1);
      onEnd();
    };
    this.#ends.add(end);
    this.#count(connection, 1);
    return end;
  }

  endAll(): void {
    for (const end of this.#ends) end();
  }

  #count(connection: unknown, change: 1 | -1): void {
    const count = (this.#ofConnection.get(connection) ?? 0) + change;
    if (count === 0) this.#ofConnection.delete(connection);
    else this.#ofConnection.set(connection, count);
  }
}
