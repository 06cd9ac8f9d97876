import type { SchedulingRequest } from '../../request/schedulingRequest.ts';
import type { Endpoint } from '../endpoint.ts';
import type { Load } from '../load.ts';
import { LoadBound } from '../loadBound.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { hashText, rendezvousCost } from '../rendezvous.ts';
import { at } from '../sample.ts';
import { leastRequestPolicy } from './leastRequest.ts';

export const sessionAffinityPolicy = {
  name: 'session-affinity',
  summary: 'the same for all requests of a session, as long as it is not overloaded',
  create: (options): Policy => new SessionAffinity(options),
} as const satisfies PolicyDefinition;

/**
 * The first endpoint of the session's rendezvous order whose load is within the bound. It keeps no
 * state, so sessions survive upgrades, more or fewer instances and the loss of etcd. A request
 * without a session is placed by `least-request`.
 */
class SessionAffinity implements Policy {
  readonly name = 'session-affinity';
  readonly reads = ['session'] as const;
  readonly #affinity: PolicyOptions['affinity'];
  readonly #leastRequest: Policy;

  constructor(options: PolicyOptions) {
    this.#affinity = options.affinity;
    this.#leastRequest = leastRequestPolicy.create(options);
  }

  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint {
    if (request.session === undefined) return this.#leastRequest.choose(candidates, load, request);
    const keyHash = hashText(request.session);
    const bound = new LoadBound(candidates, load, this.#affinity.loadFactor);
    const first = earliest(candidates, keyHash, () => true) ?? at(candidates, 0);
    if (bound.allows(first)) return first;
    // Rarely: as long as its endpoint is overloaded, a session goes to the next of its order.
    return earliest(candidates, keyHash, (endpoint) => bound.allows(endpoint)) ?? first;
  }

  /** 0, 1/2, 3/4, … in the session's order; 0 for all without a session. */
  costs(candidates: readonly Endpoint[], _load: Load, { session }: SchedulingRequest): readonly number[] {
    if (session === undefined) return candidates.map(() => 0);
    const keyHash = hashText(session);
    const order = candidates.map((endpoint, index) => ({ index, cost: rendezvousCost(keyHash, endpoint) }));
    const costs = candidates.map(() => 0);
    order
      .sort((a, b) => a.cost - b.cost)
      .forEach(({ index }, rank) => {
        costs[index] = 1 - 2 ** -rank;
      });
    return costs;
  }
}

/** The first in the order of the key; of equals, the one with the smaller address. */
function earliest(
  endpoints: readonly Endpoint[],
  keyHash: number,
  isEligible: (endpoint: Endpoint) => boolean,
): Endpoint | undefined {
  let first: Endpoint | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const endpoint of endpoints) {
    const cost = rendezvousCost(keyHash, endpoint);
    if (cost > least || !isEligible(endpoint)) continue;
    if (cost === least && first !== undefined && first.address < endpoint.address) continue;
    first = endpoint;
    least = cost;
  }
  return first;
}
