import { differing, differingSums } from '../../../src/ledger/differences.ts';

const counts = (record: Record<string, number>) => new Map(Object.entries(record));

describe('comparing what should be the same', () => {
  it('finds nothing in equal counts, in whatever order', () => {
    expect(differing('own', counts({ a: 1, b: 2 }), counts({ b: 2, a: 1 }))).toEqual([]);
  });

  it('finds what is more, less, missing and too much', () => {
    const found = differing(
      'own',
      counts({ more: 1, less: 2, missing: 3 }),
      counts({ more: 2, less: 1, extra: 4 }),
    );
    expect(found).toEqual([
      { kind: 'own', about: 'more', should: 1, is: 2 },
      { kind: 'own', about: 'less', should: 2, is: 1 },
      { kind: 'own', about: 'missing', should: 3, is: 0 },
      { kind: 'own', about: 'extra', should: 0, is: 4 },
    ]);
  });

  it('adds the parts up again where it is told to', () => {
    const parts = [counts({ a: 1, b: 1 }), counts({ a: 2 })];
    const sums = counts({ a: 3, b: 2, c: 1 });
    expect(differingSums(parts, sums, ['a', 'b'])).toEqual([
      { kind: 'view', about: 'sum of peers on b', should: 1, is: 2 },
    ]);
    expect(differingSums(parts, sums, ['c'])).toMatchObject([{ should: 0, is: 1 }]);
  });
});
