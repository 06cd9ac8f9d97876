import type { Endpoint } from '../endpoint.ts';
import type { Policy, PolicyDefinition } from '../policy.ts';
import { at } from '../sample.ts';

/** Addresses that are no candidates any more are swept when there are more than these. */
const sweepSlack = 64;

export const roundRobinPolicy = {
  name: 'round-robin',
  summary: 'each in turn, in proportion to its weight; ignores load',
  create: (): Policy => new RoundRobin(),
} as const satisfies PolicyDefinition;

/**
 * Smooth weighted round robin: each candidate gains its weight in credit on every turn; the one
 * with the most credit is chosen and loses the total.
 */
class RoundRobin implements Policy {
  readonly name = 'round-robin';
  /** By address. */
  #credit = new Map<string, number>();

  choose(candidates: readonly Endpoint[]): Endpoint {
    let chosen = at(candidates, 0);
    let most = Number.NEGATIVE_INFINITY;
    for (const candidate of candidates) {
      const credit = (this.#credit.get(candidate.address) ?? 0) + candidate.weight;
      if (credit > most) {
        most = credit;
        chosen = candidate;
      }
    }
    return chosen;
  }

  onPicked(endpoint: Endpoint, candidates: readonly Endpoint[]): void {
    let total = 0;
    for (const { address, weight } of candidates) {
      this.#credit.set(address, (this.#credit.get(address) ?? 0) + weight);
      total += weight;
    }
    this.#credit.set(endpoint.address, (this.#credit.get(endpoint.address) ?? 0) - total);
    this.#sweep(candidates);
  }

  /**
   * Drops the credit of addresses that are no candidates when there are more of them than
   * candidates.
   */
  #sweep(candidates: readonly Endpoint[]): void {
    if (this.#credit.size <= 2 * candidates.length + sweepSlack) return;
    const kept = new Map<string, number>();
    for (const { address } of candidates) kept.set(address, this.#credit.get(address) ?? 0);
    this.#credit = kept;
  }
}
