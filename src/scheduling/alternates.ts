import type { Endpoint } from './endpoint.ts';
import { type Load, type Random, relativeLoad } from './load.ts';
import { at, randomIndex } from './sample.ts';
import { zoneOf } from './zone.ts';

/** Candidates that are compared: enough to avoid a busy one, few enough for large pools. */
const sampleSize = 4;
/** The same where zones are known: enough to find another zone. */
const zonedSampleSize = 16;
/** Added to the load of one in the zone of the chosen endpoint: more than any load. */
const sharedFate = 1e9;
const none: readonly Endpoint[] = [];

/**
 * Up to two other candidates for Envoy's retries, the less loaded first. Sampled, so the cost does
 * not grow with the pool. The policy has no part in it, because most alternates are never used and
 * policies count their picks. The sample is evenly spaced from a random place, so its members
 * differ. Those of another zone come first: what ends the chosen endpoint may end its whole zone.
 */
export function alternatesTo(
  chosen: Endpoint,
  candidates: readonly Endpoint[],
  load: Load,
  random: Random,
): readonly Endpoint[] {
  const count = candidates.length;
  const zone = zoneOf(chosen);
  const size = zone === '' ? sampleSize : zonedSampleSize;
  const stride = Math.max(1, Math.floor(count / (size + 1)));
  const start = randomIndex(count, random);
  let first: Endpoint | undefined;
  let second: Endpoint | undefined;
  let firstLoad = Number.POSITIVE_INFINITY;
  let secondLoad = Number.POSITIVE_INFINITY;
  for (let step = 0, compared = 0; step < count && compared < size; step += 1) {
    const other = at(candidates, (start + step * stride) % count);
    if (other === chosen) continue;
    compared += 1;
    let otherLoad = relativeLoad(other, load);
    if (zone !== '' && zoneOf(other) === zone) otherLoad += sharedFate;
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
