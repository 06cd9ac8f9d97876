import type { DifferenceKind } from './metrics.ts';

/** Comparisons of numbers that should be equal. Pure. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The key of a record, or an instance and an endpoint. */
  readonly about: string;
  /** A count, or the revision of a record's last write; 0: absent. */
  readonly should: number;
  readonly is: number;
}

type Numbers = ReadonlyMap<string, number>;

/** The numbers that differ, by name. An absent one is 0. */
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
