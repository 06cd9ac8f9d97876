import { fairIntervalMs } from '../../../src/ledger/writeBudget.ts';

const budget = { minIntervalMs: 20, writesPerSecond: 500 };

describe('the interval between the writes of one instance', () => {
  it.each([
    [1, 20],
    [8, 20],
    [10, 20],
    [50, 100],
  ])('is, with %i of them, %i ms', (instances, intervalMs) => {
    expect(fairIntervalMs(budget, instances)).toBe(intervalMs);
  });

  it('is the shortest one before any instance is known', () => {
    expect(fairIntervalMs(budget, 0)).toBe(20);
  });
});
