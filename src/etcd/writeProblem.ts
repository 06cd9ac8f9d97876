/** Writes fail for a moment at each change of etcd's leader. */
const reportAfterMs = 1_000;

/** Whether etcd takes writes: reported when they have failed for a while, and when one succeeds. */
export class WriteProblem {
  readonly #onChange: (problem: string | undefined) => void;
  #failingSinceMs: number | undefined;
  #current: string | undefined;

  constructor(onChange: (problem: string | undefined) => void) {
    this.#onChange = onChange;
  }

  get current(): string | undefined {
    return this.#current;
  }

  failed(problem: string): void {
    this.#failingSinceMs ??= performance.now();
    if (this.#current !== undefined || performance.now() - this.#failingSinceMs < reportAfterMs) return;
    this.#current = problem;
    this.#onChange(problem);
  }

  succeeded(): void {
    this.#failingSinceMs = undefined;
    if (this.#current === undefined) return;
    this.#current = undefined;
    this.#onChange(undefined);
  }
}
