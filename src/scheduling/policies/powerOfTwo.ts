import type { Endpoint } from '../endpoint.ts';
import { type Load, type Random, relativeLoad } from '../load.ts';
import type { Policy, PolicyDefinition, PolicyOptions } from '../policy.ts';
import { at, twoIndices } from '../sample.ts';

export const powerOfTwoPolicy = {
  name: 'power-of-two',
  summary: 'the less loaded of two drawn at random',
  create: (options): Policy => new PowerOfTwo(options),
} as const satisfies PolicyDefinition;

/**
 * The less loaded of two candidates drawn at random (Mitzenmacher): works on stale loads too and
 * does not herd.
 */
class PowerOfTwo implements Policy {
  readonly name = 'power-of-two';
  readonly #random: Random;

  constructor({ random }: PolicyOptions) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load): Endpoint {
    if (candidates.length === 1) return at(candidates, 0);
    const [i, j] = twoIndices(candidates.length, this.#random);
    const one = at(candidates, i);
    const other = at(candidates, j);
    return relativeLoad(one, load) <= relativeLoad(other, load) ? one : other;
  }

  costs(candidates: readonly Endpoint[], load: Load): readonly number[] {
    return candidates.map((candidate) => relativeLoad(candidate, load));
  }
}
