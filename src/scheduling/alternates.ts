import type { Endpoint } from './endpoint.ts';
import { type Load, type Random, relativeLoad } from './load.ts';
import { at, randomIndex } from './sample.ts';

/** Candidates that are compared: enough to avoid a busy one, few enough for large pools. */
const sampleSize = 4;
const none: readonly Endpoint[] = [];

/**
 * Up to two other candidates for Envoy's retries, the less loaded first. Sampled, so the cost does
 * not grow with the pool. The policy has no part in it, because most alternates are never used and
 * policies count their picks. The sample is a run of neighbours at a random place, so its members
 * differ.
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
  for (let step = 0, compared = 0; step < count && compared < sampleSize; step += 1) {
    const other = at(candidates, (start + step) % count);
    if (other === chosen) continue;
    compared += 1;
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
