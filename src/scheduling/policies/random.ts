import type { Endpoint } from '../endpoint.ts';
import type { Random } from '../load.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { at, randomIndex } from '../sample.ts';

export const randomPolicy = {
  name: 'random',
  summary: 'any, all equally likely; ignores load and weight',
  create: (options): Policy => new RandomChoice(options),
} as const satisfies PolicyDefinition;

/** Any candidate, all equally likely; ignores load and weight. */
export class RandomChoice implements Policy {
  readonly name = 'random';
  readonly #random: Random;

  constructor({ random }: PolicyOptions) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[]): Endpoint {
    return at(candidates, randomIndex(candidates.length, this.#random));
  }
}
