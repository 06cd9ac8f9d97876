import type { PodReading } from '../../proto/records/podReading.ts';

const counters = ['promptTokens', 'generatedTokens', 'cacheQueries', 'cacheHits'] as const;
/** The time of the start is computed from that of the machine, which is corrected by little. */
const sameStartSeconds = 2;
/**
 * Two instances may ask a pod at nearly the same time, and the earlier answer may arrive later: a
 * counter is a little less then. That of a new process begins at 0.
 */
const restartedShare = 0.5;

/** The engine of the pod is another process than before, so its cache is empty. */
export function hasRestarted(before: PodReading, now: PodReading): boolean {
  if (before.engine !== now.engine) return true;
  const earlier = before.startedAtSeconds;
  const later = now.startedAtSeconds;
  if (earlier !== undefined && later !== undefined) return later - earlier > sameStartSeconds;
  return counters.some((counter) => {
    const value = now[counter];
    return value !== undefined && value < restartedShare * (before[counter] ?? 0);
  });
}
