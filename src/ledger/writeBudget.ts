export interface WriteBudget {
  /** The interval of an instance that has all the budget it needs. */
  readonly minIntervalMs: number;
  /** What all instances together may write to the store. */
  readonly writesPerSecond: number;
}

/**
 * The least time between two writes of one instance among so many: each keeps to its part of the budget, and
 * since all count the same records under `instances/`, no word between them is needed. Instances that have
 * nothing to write leave their parts unused.
 */
export function fairIntervalMs({ minIntervalMs, writesPerSecond }: WriteBudget, instances: number): number {
  return Math.max(minIntervalMs, (1000 * instances) / writesPerSecond);
}
