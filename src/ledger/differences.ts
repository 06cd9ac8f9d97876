import type { DifferenceKind } from './metrics.ts';

/** Comparisons of what should be the same. Pure; who compares, when, and what follows is `consistencyCheck.ts`. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The key of a record, or whose counts and on which endpoint. */
  readonly about: string;
  /** A count, or the revision in which a record was written; 0 for what should not be there, or is not. */
  readonly should: number;
  readonly is: number;
}

type Numbers = ReadonlyMap<string, number>;

/** Numbers that differ, by what they stand for. What is missing is 0. */
export function differing(kind: DifferenceKind, should: Numbers, is: Numbers, of = ''): Difference[] {
  const found: Difference[] = [];
  const compare = (name: string): void => {
    const pair = { should: should.get(name) ?? 0, is: is.get(name) ?? 0 };
    if (pair.should !== pair.is) found.push({ kind, about: `${of}${name}`, ...pair });
  };
  for (const name of should.keys()) compare(name);
  for (const name of is.keys()) if (!should.has(name)) compare(name);
  return found;
}
