import type { Random } from './load.ts';

/** A whole number in [0, below). */
export function randomIndex(below: number, random: Random): number {
  return Math.floor(random() * below);
}

/** Two different indices below `below`, which must be at least 2; every pair is equally likely. */
export function twoIndices(below: number, random: Random): readonly [number, number] {
  const first = randomIndex(below, random);
  const second = randomIndex(below - 1, random);
  return [first, second >= first ? second + 1 : second];
}

/** The element at an index that is known to exist. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`index ${index} of ${items.length}`);
  return item;
}
