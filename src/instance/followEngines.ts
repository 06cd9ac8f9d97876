import type { PlacedPrompts } from '../scheduling/placedPrompts.ts';
import { hasRestarted } from '../signals/readings/hasRestarted.ts';
import type { HitComparison } from '../signals/readings/hitComparison.ts';
import type { PodReadings } from '../signals/readings/podReadings.ts';

export interface FollowEnginesOptions {
  readonly readings: PodReadings;
  readonly placed: PlacedPrompts;
  readonly hits: HitComparison;
  /** The engine of a pod is another process, with an empty cache. */
  readonly onRestarted: (address: string) => void;
}

/**
 * Corrects what is known of the pods' caches by what their engines say: a restarted one has lost
 * its cache; the size of a cache is the engine's own, in the measure in which the engine finds what
 * was expected.
 */
export function followEngines({ readings, placed, hits, onRestarted }: FollowEnginesOptions): void {
  readings.onReading((address, { reading }, before) => {
    if (before !== undefined && hasRestarted(before.reading, reading)) {
      placed.prefixesOf(address)?.clear();
      hits.forget(address);
      onRestarted(address);
    } else if (before !== undefined) hits.onCounters(address, before.reading, reading);
    const prefixes = reading.cacheTokens === undefined ? undefined : placed.prefixesOf(address);
    if (prefixes !== undefined)
      prefixes.capacityTokens = (reading.cacheTokens ?? 0) * hits.correction(address);
  });
}
