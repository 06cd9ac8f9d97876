export interface WriteBudget {
  /** The interval while the budget suffices and etcd is fast. */
  readonly minIntervalMs: number;
  /** For all instances together. */
  readonly writesPerSecond: number;
}

export interface WriteSituation {
  readonly instances: number;
  readonly writeMs: number;
  readonly placesPrompts?: boolean;
}

/** An instance that places prompts leaves this share of its writes to `prefixSharing`. */
export const promptShareOfWrites = 1 / 5;

/** An instance writes for at most half of the time: slow writes make the interval longer. */
const restPerWrite = 2;
/** Slow writes alone make the interval no longer than this. */
const slowestMs = 1_000;

/** A single instance has no readers. When another one joins, the interval is shortened at once. */
const aloneMs = 1_000;

/**
 * The least time between two writes of one instance. Each instance keeps to its share of the
 * budget; since all count the same records under `instances/`, they need no coordination. Idle
 * instances leave their share unused.
 *
 * @param writeMs the recent mean time of a write
 */
export function publishIntervalMs(
  { minIntervalMs, writesPerSecond }: WriteBudget,
  { instances, writeMs, placesPrompts = false }: WriteSituation,
): number {
  const share = (1000 * instances) / writesPerSecond / (placesPrompts ? 1 - promptShareOfWrites : 1);
  const least = instances === 1 ? Math.max(minIntervalMs, aloneMs) : minIntervalMs;
  return Math.max(least, share, Math.min(slowestMs, restPerWrite * writeMs));
}
