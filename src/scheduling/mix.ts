import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Endpoint } from './endpoint.ts';
import type { Load, Random } from './load.ts';
import type { Policy, RequestFact } from './policy.ts';
import { at, randomIndex } from './sample.ts';

export interface MixPart {
  readonly policy: Policy & Required<Pick<Policy, 'costs'>>;
  /** Above 0. */
  readonly weight: number;
}

/**
 * Several policies at once: each candidate's cost is the sum of weight × normalized cost over the
 * parts, and the lowest is chosen, ties at random. A part's costs are normalized by the largest of
 * the candidates, so they are within [0, 1] and keep their ratios.
 */
export class Mix implements Policy {
  readonly name: string;
  readonly reads: readonly RequestFact[];
  readonly #parts: readonly MixPart[];
  readonly #random: Random;

  constructor(parts: readonly MixPart[], random: Random) {
    this.name = parts.map(({ policy, weight }) => `${policy.name}:${weight}`).join(',');
    this.reads = parts.flatMap(({ policy }) => policy.reads ?? []);
    this.#parts = parts;
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint {
    const costs = this.costs(candidates, load, request);
    let chosen = 0;
    let least = Number.POSITIVE_INFINITY;
    let ties = 0;
    costs.forEach((cost, index) => {
      if (cost > least) return;
      if (cost < least) ties = 0;
      least = cost;
      ties += 1;
      if (randomIndex(ties, this.#random) === 0) chosen = index;
    });
    return at(candidates, chosen);
  }

  onPicked(endpoint: Endpoint, candidates: readonly Endpoint[], request: SchedulingRequest): void {
    for (const { policy } of this.#parts) policy.onPicked?.(endpoint, candidates, request);
  }

  costs(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): readonly number[] {
    const sums = new Array<number>(candidates.length).fill(0);
    for (const { policy, weight } of this.#parts) {
      const costs = policy.costs(candidates, load, request);
      const largest = costs.reduce((most, cost) => Math.max(most, cost), 0);
      if (largest === 0) continue;
      costs.forEach((cost, index) => {
        sums[index] = (sums[index] ?? 0) + (weight * cost) / largest;
      });
    }
    return sums;
  }
}
