import { encodeLoads } from '../../../src/ledger/loadRecord.ts';
import { countUnreadable, decodePoolRecords } from '../../../src/ledger/poolRecords.ts';
import { rebuildView } from '../../../src/ledger/rebuildView.ts';
import { frozenRecords } from '../../support/frozenRecords.ts';

const garbage = Buffer.from('no record at all');
const pod1 = '10.0.0.1:80';
const pod2 = '10.0.0.2:80';

describe('the records of a pool', () => {
  it('are decoded by their kind', () => {
    const { instances, handoffs, pinnedGeneration, unreadable } = decodePoolRecords(
      frozenRecords('version1'),
    );
    expect([...instances.keys()]).toEqual(['old-1']);
    expect(handoffs.size).toBe(1);
    expect(pinnedGeneration?.generation).toBe(1);
    expect(unreadable).toEqual([]);
  });

  it('add up the chunks of one reporter', () => {
    const records = new Map([
      ['load/a', encodeLoads(1, new Map([[pod1, 1]]))],
      ['load/a/0f', encodeLoads(0, [[pod1, 2] as const, [pod2, 3] as const])],
      ['load/b', encodeLoads(1, new Map([[pod2, 4]]))],
    ]);
    const counts = [...decodePoolRecords(records).loadReports].map(([id, loads]) => [id, [...loads]]);
    expect(counts).toEqual([
      [
        'a',
        [
          [pod1, 3],
          [pod2, 3],
        ],
      ],
      ['b', [[pod2, 4]]],
    ]);
  });

  it('leave out keys of other kinds, and keys that only begin like one', () => {
    const records = new Map([
      ['elsewhere', garbage],
      ['configuration', garbage],
      ['targets/x', garbage],
    ]);
    expect(decodePoolRecords(records).unreadable).toEqual([]);
  });

  it('are counted by kind where they are unreadable', () => {
    const records = new Map(
      ['instances/x', 'load/x/0f', 'handoffs/x/1', `endpoints/${pod1}`, 'target', 'config'].map((key) => [
        key,
        garbage,
      ]),
    );
    const pool = decodePoolRecords(records);
    expect(pool.unreadable.map(({ name }) => name)).toEqual(['x', 'x/0f', 'x/1', pod1, '', '']);
    expect(countUnreadable(pool, ['instances', 'pinnedGeneration'])).toBe(2);
    expect([...pool.endpoints]).toEqual([[pod1, undefined]]);
    expect(rebuildView(pool).unreadable).toContain('x/0f');
  });
});
