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

/**
 * Visits `size` different items, each item equally likely to be among them; all items when there
 * are no more. They are equally spaced from a random start, which costs two random numbers and no
 * memory.
 */
export function eachSampled<T>(
  items: readonly T[],
  size: number,
  random: Random,
  visit: (item: T) => void,
): void {
  if (items.length <= size) {
    for (const item of items) visit(item);
    return;
  }
  const start = randomIndex(items.length, random);
  const stride = 1 + randomIndex(Math.floor(items.length / size), random);
  for (let i = 0; i < size; i += 1) visit(at(items, (start + i * stride) % items.length));
}
