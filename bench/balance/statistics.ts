/** Arithmetic of the bench. Pure. */

/** The value below which this part of the values lies; 0 of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * In flight on the busiest pod relative to the mean of all; undefined when there is nothing in
 * flight.
 */
export function maxOverMean(inFlight: readonly number[]): number | undefined {
  const average = mean(inFlight);
  return average === 0 ? undefined : Math.max(...inFlight) / average;
}

export interface Round {
  readonly round: number;
  readonly queuedMs: readonly number[];
}

/** Of all rounds together, and of the round in which it was least and most. */
export interface Ratio {
  readonly pooled: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/**
 * How the p99 of one setup compares with another's. Only rounds that both have count: they had the
 * same requests. A quantile of all rounds together uses each request once, which a mean of
 * quantiles does not.
 */
export function p99Ratio(of: readonly Round[], to: readonly Round[]): Ratio | undefined {
  const pairs = of.flatMap((one) => {
    const other = to.find(({ round }) => round === one.round);
    return other ? [{ one: one.queuedMs, other: other.queuedMs }] : [];
  });
  if (pairs.length === 0) return undefined;
  const p99 = (values: readonly number[]) => quantile(values, 0.99);
  const byRound = pairs.map(({ one, other }) => p99(one) / p99(other));
  return {
    pooled: p99(pairs.flatMap(({ one }) => one)) / p99(pairs.flatMap(({ other }) => other)),
    least: Math.min(...byRound),
    most: Math.max(...byRound),
    rounds: pairs.length,
  };
}
