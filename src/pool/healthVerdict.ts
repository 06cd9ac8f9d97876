/**
 * From single probes to a verdict: so many passes in a row make an endpoint healthy, so many failures in a
 * row unhealthy. Pure; who probes, and when, is the Prober's.
 */
export interface Thresholds {
  /** Passes in a row before an endpoint is healthy, ≥ 1. */
  readonly healthyThreshold: number;
  /** Failures in a row before it is unhealthy, ≥ 1. */
  readonly unhealthyThreshold: number;
}

/** `unknown` is an endpoint that has never been either. */
export type Verdict = 'unknown' | 'healthy' | 'unhealthy';

export interface HealthRecord {
  readonly verdict: Verdict;
  /** What the last probes said, and how many of them in a row said it. */
  readonly lastPassed: boolean;
  readonly inARow: number;
}

export const unknownHealth: HealthRecord = { verdict: 'unknown', lastPassed: false, inARow: 0 };

export function nextHealth(health: HealthRecord, passed: boolean, thresholds: Thresholds): HealthRecord {
  const inARow = passed === health.lastPassed ? health.inARow + 1 : 1;
  const enough = passed ? thresholds.healthyThreshold : thresholds.unhealthyThreshold;
  const verdict = inARow < enough ? health.verdict : passed ? 'healthy' : 'unhealthy';
  return { verdict, lastPassed: passed, inARow };
}
