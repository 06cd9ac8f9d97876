export interface WriteBudget {
  /** The interval of an instance that has all the budget it needs, on a store that is fast. */
  readonly minIntervalMs: number;
  /** What all instances together may write to the store. */
  readonly writesPerSecond: number;
}

/** An instance is never busy writing for more than half of its time: a slow store is asked less often, … */
const restPerWrite = 2;
/** … but for that reason alone nobody is silent for longer. */
const slowestMs = 1_000;

/** Nobody reads what an instance writes that is alone; whoever comes is told at once. */
const aloneMs = 1_000;

/**
 * The least time between two writes of one instance among so many: each keeps to its part of the budget, and
 * since all count the same records under `instances/`, no word between them is needed. Instances that have
 * nothing to write leave their parts unused.
 *
 * @param writeMs what a write takes of late
 */
export function publishIntervalMs(
  { minIntervalMs, writesPerSecond }: WriteBudget,
  { instances, writeMs }: { readonly instances: number; readonly writeMs: number },
): number {
  const share = (1000 * instances) / writesPerSecond;
  const least = instances === 1 ? Math.max(minIntervalMs, aloneMs) : minIntervalMs;
  return Math.max(least, share, Math.min(slowestMs, restPerWrite * writeMs));
}
