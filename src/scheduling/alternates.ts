import type { Endpoint } from './endpoint.ts';
import type { Load, Random } from './load.ts';
import { relativeLoad } from './policy.ts';
import { at, randomIndex } from './sample.ts';

/** How many endpoints Envoy is told to try after the chosen one. */
const alternateCount = 2;
/** How many others are looked at to find them: enough to avoid a busy one, few enough for large pools. */
const sampleSize = 4;

/**
 * Up to two other candidates for Envoy's retries, the less loaded first. Sampled, so the cost does not grow
 * with the pool; policies with a memory of their picks are not asked, since most alternates are never used.
 */
export function alternatesTo(
  chosen: Endpoint,
  candidates: readonly Endpoint[],
  load: Load,
  random: Random,
): readonly Endpoint[] {
  const others = sampleOthers(chosen, candidates, random);
  return others.sort((a, b) => relativeLoad(a, load) - relativeLoad(b, load)).slice(0, alternateCount);
}

/** Neighbours of a random place: distinct by construction. */
function sampleOthers(chosen: Endpoint, candidates: readonly Endpoint[], random: Random): Endpoint[] {
  const others: Endpoint[] = [];
  const start = randomIndex(candidates.length, random);
  for (let step = 0; step < candidates.length && others.length < sampleSize; step += 1) {
    const other = at(candidates, (start + step) % candidates.length);
    if (other !== chosen) others.push(other);
  }
  return others;
}
