import { differingRevisions, reportersOf } from '../../../src/ledger/viewSnapshot.ts';

/** So much that no machine compares it in one slice. */
const size = 100_000;
const keys = Array.from({ length: size }, (_, nth) => `load/${nth % 50}/${nth}`);

/** The turns of the event loop that pass meanwhile. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await work;
  clearImmediate(next);
  return turns;
}

describe('when there are very many keys', () => {
  it('compares their versions in slices, and finds each difference', async () => {
    const records = new Map(keys.map((key) => [key, { value: Buffer.alloc(0), revision: 7, leaseId: '0' }]));
    const revisions = new Map(keys.map((key) => [key, 7]));
    revisions.set('load/0/0', 6);
    revisions.delete('load/1/1');
    revisions.set('load/lost', 5);
    const comparison = differingRevisions({ records, revision: 9 }, revisions);
    expect(await turnsDuring(comparison)).toBeGreaterThan(1);
    expect(await comparison).toEqual([
      { kind: 'watch', about: 'load/0/0', should: 7, is: 6 },
      { kind: 'watch', about: 'load/1/1', should: 7, is: 0 },
      { kind: 'watch', about: 'load/lost', should: 0, is: 5 },
    ]);
  });

  it('collects the instances that report loads in slices', async () => {
    const reporters = reportersOf([...keys, 'instances/x']);
    expect(await turnsDuring(reporters)).toBeGreaterThan(1);
    expect((await reporters).size).toBe(50);
  });
});
