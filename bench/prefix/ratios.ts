import type { FirstTokens } from '../../tools/simulator/inference/runInference.ts';
import type { PrefixFigures } from './prefixFigures.ts';

/** A figure of several seeds: its mean, and the interval that holds the true one with 95 %. */
export interface Estimate {
  readonly mean: number;
  readonly halfWidth: number;
}

/** Of Student's t distribution with so many degrees of freedom, two-sided, 95 %. */
const t95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, halfWidth: Number.NaN };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, halfWidth: (t95[count - 2] ?? 2) * Math.sqrt(variance / count) };
}

/** One figure against that of other runs with the same seeds, seed by seed. */
export function ratio(one: PrefixFigures, other: PrefixFigures, field: keyof FirstTokens): Estimate {
  return estimate(
    one.results.map((result, index) => result[field] / (other.results[index]?.[field] ?? Number.NaN)),
  );
}

/** The first that has all of these values. */
export function findMeasured(
  all: readonly PrefixFigures[],
  wanted: Partial<PrefixFigures>,
): PrefixFigures | undefined {
  const entries = Object.entries(wanted) as [keyof PrefixFigures, unknown][];
  return all.find((measured) => entries.every(([field, value]) => measured[field] === value));
}
