import type { PodReading } from '../../proto/records/podReading.ts';

const counters = ['promptTokens', 'generatedTokens', 'cacheQueries', 'cacheHits'] as const;
/** Clocks of a pod are set now and then. */
const sameStartSeconds = 60;

/** The engine of the pod is another process than before, so its cache is empty. */
export function hasRestarted(before: PodReading, now: PodReading): boolean {
  if (before.engine !== now.engine) return true;
  const earlier = before.startedAtSeconds;
  const later = now.startedAtSeconds;
  if (earlier !== undefined && later !== undefined && later - earlier > sameStartSeconds) return true;
  return counters.some(
    (counter) => (now[counter] ?? 0) < (before[counter] ?? 0) && now[counter] !== undefined,
  );
}
