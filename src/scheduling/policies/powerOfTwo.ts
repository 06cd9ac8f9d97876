import type { Endpoint } from '../endpoint.ts';
import type { Load, Random } from '../load.ts';
import { type Policy, relativeLoad } from '../policy.ts';
import { at, twoIndices } from '../sample.ts';

/**
 * The less loaded of two candidates drawn at random (Mitzenmacher): works on stale loads too and
 * does not herd.
 */
export class PowerOfTwo implements Policy {
  readonly name = 'power-of-two';
  readonly #random: Random;

  constructor({ random }: { random: Random }) {
    this.#random = random;
  }

  choose(candidates: readonly Endpoint[], load: Load): Endpoint {
    if (candidates.length === 1) return at(candidates, 0);
    const [i, j] = twoIndices(candidates.length, this.#random);
    const one = at(candidates, i);
    const other = at(candidates, j);
    return relativeLoad(one, load) <= relativeLoad(other, load) ? one : other;
  }
}
