/** Of one instance; pods come and go in its life. */
const mostPods = 65_536;

/**
 * How many tokens pods had to compute for each of the other instances, as they last said. The
 * numbers only grow in the life of an instance, so a message that comes twice adds nothing, and one
 * that is lost is made up for by the next.
 */
export class PeerProgress {
  readonly #byInstance = new Map<string, { startedMs: number; readonly computed: Map<string, number> }>();

  /**
   * @param startedMs when the life of the instance began
   * @returns how many tokens are new; 0 when the instance is heard of this pod for the first time
   */
  advance(instance: string, startedMs: number, address: string, computedTokens: number): number {
    let known = this.#byInstance.get(instance);
    if (known === undefined || known.startedMs < startedMs) {
      known = { startedMs, computed: new Map() };
      this.#byInstance.set(instance, known);
    } else if (known.startedMs > startedMs) return 0;
    const before = known.computed.get(address);
    if (before !== undefined && before >= computedTokens) return 0;
    if (before === undefined && known.computed.size >= mostPods) known.computed.clear();
    known.computed.set(address, computedTokens);
    return before === undefined ? 0 : computedTokens - before;
  }

  /** Nothing that it said is stored any more. */
  forget(instance: string): void {
    this.#byInstance.delete(instance);
  }

  /** Forgets the others. */
  keep(instances: ReadonlySet<string>): void {
    for (const instance of this.#byInstance.keys()) if (!instances.has(instance)) this.forget(instance);
  }
}
