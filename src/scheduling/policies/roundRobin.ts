import type { Endpoint } from '../endpoint.ts';
import type { Policy } from '../policy.ts';
import { at } from '../sample.ts';

/** Addresses that are no candidates any more are swept when there are more than these. */
const sweepSlack = 64;

/**
 * Smooth weighted round robin: each candidate gains its weight in credit on every turn; the one
 * with the most credit is chosen and loses the total.
 */
export class RoundRobin implements Policy {
  readonly name = 'round-robin';
  /** By address. */
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
