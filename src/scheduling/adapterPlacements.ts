import type { Endpoint } from './endpoint.ts';

/** Adapters that a pod is taken to hold: vLLM's `max_loras` is usually between 1 and 8. */
const adaptersPerEndpoint = 4;
/** Addresses that are no candidates any more are swept when there are more than these. */
const sweepSlack = 64;

/**
 * Which adapters pods hold, judged by where this scheduler sent their requests: for each pod the
 * ones that it got last. No clock: a pod keeps an adapter until others take its place.
 */
export class AdapterPlacements {
  /** By address; the adapter that was used last comes last. */
  readonly #byAddress = new Map<string, Set<string>>();

  has(adapter: string, address: string): boolean {
    return this.#byAddress.get(address)?.has(adapter) ?? false;
  }

  /** Could the pod load another adapter without dropping one? */
  hasRoom(address: string): boolean {
    return (this.#byAddress.get(address)?.size ?? 0) < adaptersPerEndpoint;
  }

  /** @param candidates those that the pod was chosen from: others may be gone */
  placed(adapter: string, address: string, candidates: readonly Endpoint[]): void {
    let adapters = this.#byAddress.get(address);
    if (adapters === undefined) {
      this.#sweep(candidates);
      adapters = new Set();
      this.#byAddress.set(address, adapters);
    }
    adapters.delete(adapter);
    adapters.add(adapter);
    const [oldest] = adapters;
    if (adapters.size > adaptersPerEndpoint && oldest !== undefined) adapters.delete(oldest);
  }

  #sweep(candidates: readonly Endpoint[]): void {
    if (this.#byAddress.size <= 2 * candidates.length + sweepSlack) return;
    const kept = new Set(candidates.map(({ address }) => address));
    for (const address of this.#byAddress.keys()) if (!kept.has(address)) this.#byAddress.delete(address);
  }
}
