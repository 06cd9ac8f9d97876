import type { Endpoint } from '../endpoint.ts';
import type { Policy } from '../policy.ts';
import { at } from '../sample.ts';

/** How many forgotten addresses may stay in memory before they are swept. */
const sweepSlack = 64;

/**
 * Takes turns in proportion to weight, spread out evenly ("smooth" weighted round robin): each candidate
 * earns its weight on every turn, the richest is chosen and pays the total.
 */
export class RoundRobin implements Policy {
  readonly name = 'round-robin';
  /** address → what it has earned and not yet paid */
  #credit = new Map<string, number>();

  choose(candidates: readonly Endpoint[]): Endpoint {
    let chosen = at(candidates, 0);
    let most = Number.NEGATIVE_INFINITY;
    let total = 0;
    for (const candidate of candidates) {
      const credit = (this.#credit.get(candidate.address) ?? 0) + candidate.weight;
      this.#credit.set(candidate.address, credit);
      total += candidate.weight;
      if (credit > most) {
        most = credit;
        chosen = candidate;
      }
    }
    this.#credit.set(chosen.address, most - total);
    this.#sweep(candidates);
    return chosen;
  }

  /** Endpoints come and go: forget those that are no candidates when they outnumber the ones that are. */
  #sweep(candidates: readonly Endpoint[]): void {
    if (this.#credit.size <= 2 * candidates.length + sweepSlack) return;
    const kept = new Map<string, number>();
    for (const { address } of candidates) kept.set(address, this.#credit.get(address) ?? 0);
    this.#credit = kept;
  }
}
