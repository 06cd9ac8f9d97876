import { differing } from '../../../src/ledger/differences.ts';

const counts = (record: Record<string, number>) => new Map(Object.entries(record));

describe('comparing numbers that should be equal', () => {
  it('finds nothing in equal counts, in any order', () => {
    expect(differing('local', counts({ a: 1, b: 2 }), counts({ b: 2, a: 1 }))).toEqual([]);
  });

  it('finds numbers that are higher, lower, missing and additional', () => {
    const found = differing(
      'local',
      counts({ more: 1, less: 2, missing: 3 }),
      counts({ more: 2, less: 1, extra: 4 }),
    );
    expect(found).toEqual([
      { kind: 'local', about: 'more', should: 1, is: 2 },
      { kind: 'local', about: 'less', should: 2, is: 1 },
      { kind: 'local', about: 'missing', should: 3, is: 0 },
      { kind: 'local', about: 'extra', should: 0, is: 4 },
    ]);
  });
});
