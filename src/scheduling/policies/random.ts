import type { Endpoint } from '../endpoint.ts';
import type { Random } from '../load.ts';
import type { Policy } from '../policy.ts';
import { at, randomIndex } from '../sample.ts';

/** Any candidate, all equally likely; ignores load and weight. */
export class RandomChoice implements Policy {
  readonly name = 'random';
  readonly #random: Random;

  constructor({ random }: { random: Random }) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[]): Endpoint {
    return at(candidates, randomIndex(candidates.length, this.#random));
  }
}
