/** Arithmetic of the benchmark. Pure. */

/** The quantile of the values; 0 if there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Requests in flight on the busiest pod relative to the mean of all; undefined with nothing in
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

/** The value of all rounds together, and the smallest and largest of a round. */
export interface Ratio {
  readonly pooled: number;
  readonly least: number;
  readonly most: number;
  readonly rounds: number;
}

/**
 * The p99 of one setup relative to another. Only rounds that both have count: they had the same
 * requests. A quantile of all rounds together uses each request once; a mean of quantiles does not.
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
