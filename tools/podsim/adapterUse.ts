/** Which of the pod's LoRA adapters have requests. */
export class AdapterUse {
  readonly names: readonly string[];
  readonly #inUse = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.names = names;
  }

  get inUse(): readonly string[] {
    return [...this.#inUse.keys()];
  }

  /** A request names this model; returns what its end calls. */
  begin(model: string | undefined): () => void {
    if (model === undefined || !this.names.includes(model)) return () => {};
    this.#add(model, 1);
    return () => this.#add(model, -1);
  }

  #add(model: string, difference: number): void {
    const count = (this.#inUse.get(model) ?? 0) + difference;
    if (count > 0) this.#inUse.set(model, count);
    else this.#inUse.delete(model);
  }
}
