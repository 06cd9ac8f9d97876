import type { FirstTokens } from '../../tools/simulator/inference/runInference.ts';
import type { PrefixFigures } from './prefixFigures.ts';

/** A figure of several seeds: its mean, and half of the distance from the lowest to the highest. */
export interface Estimate {
  readonly mean: number;
  readonly halfRange: number;
}

export function estimate(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, halfRange: (Math.max(...values) - Math.min(...values)) / 2 };
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
