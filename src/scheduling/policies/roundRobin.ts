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

interface Credit {
  value: number;
}

/**
 * Smooth weighted round robin: each candidate gains its weight in credit on every turn; the one
 * with the most credit is chosen and loses the total.
 */
class RoundRobin implements Policy {
  readonly name = 'round-robin';
  #byAddress = new Map<string, Credit>();
  /** The last candidates, which are usually those of the next request, and the credit of each. */
  #candidates: readonly Endpoint[] = [];
  #credits: readonly Credit[] = [];

  choose(candidates: readonly Endpoint[]): Endpoint {
    const credits = this.#creditsOf(candidates);
    let chosen = at(candidates, 0);
    let most = Number.NEGATIVE_INFINITY;
    for (let nth = 0; nth < candidates.length; nth += 1) {
      const candidate = at(candidates, nth);
      const credit = at(credits, nth).value + candidate.weight;
      if (credit > most) {
        most = credit;
        chosen = candidate;
      }
    }
    return chosen;
  }

  onPicked(endpoint: Endpoint, candidates: readonly Endpoint[]): void {
    const credits = this.#creditsOf(candidates);
    let total = 0;
    for (let nth = 0; nth < candidates.length; nth += 1) {
      const { weight } = at(candidates, nth);
      at(credits, nth).value += weight;
      total += weight;
    }
    this.#creditOf(endpoint.address).value -= total;
    this.#sweep(candidates);
  }

  #creditsOf(candidates: readonly Endpoint[]): readonly Credit[] {
    if (candidates !== this.#candidates) {
      this.#candidates = candidates;
      this.#credits = candidates.map(({ address }) => this.#creditOf(address));
    }
    return this.#credits;
  }

  #creditOf(address: string): Credit {
    let credit = this.#byAddress.get(address);
    if (credit === undefined) {
      credit = { value: 0 };
      this.#byAddress.set(address, credit);
    }
    return credit;
  }

  /**
   * Drops the credit of addresses that are no candidates when there are more of them than
   * candidates.
   */
  #sweep(candidates: readonly Endpoint[]): void {
    if (this.#byAddress.size <= 2 * candidates.length + sweepSlack) return;
    const kept = new Map<string, Credit>();
    for (const { address } of candidates) kept.set(address, this.#creditOf(address));
    this.#byAddress = kept;
  }
}
