/** The last lines of a process, with a callback for each new one. */
export class OutputRing {
  readonly #capacity: number;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > this.#capacity) this.#lines.shift();
    for (const listener of [...this.#listeners]) listener(line);
  }

  lines(): readonly string[] {
    return this.#lines;
  }

  text(lastLines = this.#capacity): string {
    return this.#lines.slice(-lastLines).join('\n');
  }

  /** Returns a function that removes the listener. */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
