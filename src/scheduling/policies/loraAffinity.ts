import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import { AdapterPlacements } from '../adapterPlacements.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Load, relativeLoad } from '../load.ts';
import { LoadBound } from '../loadBound.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { hashText, rendezvousCost } from '../rendezvous.ts';
import { leastRequestPolicy } from './leastRequest.ts';

export const loraAffinityPolicy = {
  name: 'lora-affinity',
  summary: 'one that has the adapter which the model names, as far as this instance placed it',
  create: (options): Policy => new LoraAffinity(options),
} as const satisfies PolicyDefinition;

/** Loading an adapter costs less where none has to make room for it. */
const costs = { resident: 0, room: 0.2, full: 1 } as const;

/**
 * Of the endpoints whose load is within the bound, the one that is cheapest for the adapter; of
 * equals the least loaded where they have it, else the first of the adapter's rendezvous order, on
 * which all instances agree. Every model counts as an adapter; a request without a model is placed
 * by `least-request`.
 */
class LoraAffinity implements Policy {
  readonly name = 'lora-affinity';
  readonly reads = ['model'] as const;
  readonly #affinity: PolicyOptions['affinity'];
  readonly #leastRequest: Policy;
  readonly #placements = new AdapterPlacements();

  constructor(options: PolicyOptions) {
    this.#affinity = options.affinity;
    this.#leastRequest = leastRequestPolicy.create(options);
  }

  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint {
    const { model } = request;
    if (model === undefined) return this.#leastRequest.choose(candidates, load, request);
    const keyHash = hashText(model);
    const bound = new LoadBound(candidates, load, this.#affinity.loadFactor);
    let chosen: Endpoint | undefined;
    let least = Number.POSITIVE_INFINITY;
    let leastTie = Number.POSITIVE_INFINITY;
    for (const endpoint of candidates) {
      const cost = this.#cost(endpoint, model);
      if (cost > least || !bound.allows(endpoint)) continue;
      const tie = cost === costs.resident ? relativeLoad(endpoint, load) : rendezvousCost(keyHash, endpoint);
      if (cost === least && tie >= leastTie) continue;
      chosen = endpoint;
      least = cost;
      leastTie = tie;
    }
    return chosen ?? this.#leastRequest.choose(candidates, load, request);
  }

  onPicked(endpoint: Endpoint, candidates: readonly Endpoint[], { model }: SchedulingRequest): void {
    if (model !== undefined) this.#placements.placed(model, endpoint.address, candidates);
  }

  costs(candidates: readonly Endpoint[], _load: Load, { model }: SchedulingRequest): readonly number[] {
    return candidates.map((endpoint) => (model === undefined ? 0 : this.#cost(endpoint, model)));
  }

  #cost({ address }: Endpoint, model: string): number {
    if (this.#placements.has(model, address)) return costs.resident;
    return this.#placements.hasRoom(address) ? costs.room : costs.full;
  }
}
