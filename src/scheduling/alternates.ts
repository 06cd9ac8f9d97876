import type { Endpoint } from './endpoint.ts';
import type { Load, Random } from './load.ts';
import { relativeLoad } from './policy.ts';
import { at, randomIndex } from './sample.ts';

/** How many others are looked at to find them: enough to avoid a busy one, few enough for large pools. */
const sampleSize = 4;
const none: readonly Endpoint[] = [];

/**
 * Up to two other candidates for Envoy's retries, the less loaded first. Sampled, so the cost does not grow
 * with the pool; policies with a memory of their picks are not asked, since most alternates are never used.
 * The sample is neighbours of a random place: distinct by construction.
 */
export function alternatesTo(
  chosen: Endpoint,
  candidates: readonly Endpoint[],
  load: Load,
  random: Random,
): readonly Endpoint[] {
  const count = candidates.length;
  const start = randomIndex(count, random);
  let first: Endpoint | undefined;
  let second: Endpoint | undefined;
  let firstLoad = Number.POSITIVE_INFINITY;
  let secondLoad = Number.POSITIVE_INFINITY;
  for (let step = 0, seen = 0; step < count && seen < sampleSize; step += 1) {
    const other = at(candidates, (start + step) % count);
    if (other === chosen) continue;
    seen += 1;
    const otherLoad = relativeLoad(other, load);
    if (otherLoad < firstLoad) {
      second = first;
      secondLoad = firstLoad;
      first = other;
      firstLoad = otherLoad;
    } else if (otherLoad < secondLoad) {
      second = other;
      secondLoad = otherLoad;
    }
  }
  if (first === undefined) return none;
  return second === undefined ? [first] : [first, second];
}
