/**
 * Derives a verdict from probes: a number of passes in a row makes an endpoint healthy, a number of
 * failures in a row unhealthy. Pure; the Prober sends the probes.
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
  /** The result of the last probe, and how many in a row had it. */
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
