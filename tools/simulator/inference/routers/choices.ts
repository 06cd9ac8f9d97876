import type { Random } from '../../../../src/scheduling/load.ts';
import { at, randomIndex } from '../../../../src/scheduling/sample.ts';

/** The index of the lowest number, ties at random. */
export function lowest(numbers: readonly number[], random: Random): number {
  let least = Number.POSITIVE_INFINITY;
  let tied: number[] = [];
  numbers.forEach((number, index) => {
    if (number > least) return;
    if (number < least) tied = [];
    least = number;
    tied.push(index);
  });
  return at(tied, randomIndex(tied.length, random));
}

/** The index of the highest number, ties at random. */
export function highest(numbers: readonly number[], random: Random): number {
  return lowest(
    numbers.map((number) => -number),
    random,
  );
}
