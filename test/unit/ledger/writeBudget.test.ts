import { publishIntervalMs } from '../../../src/ledger/writeBudget.ts';

const budget = { minIntervalMs: 20, writesPerSecond: 500 };

describe('the interval between the writes of one instance', () => {
  it.each([
    { instances: 1, writeMs: 2, intervalMs: 1_000 },
    { instances: 2, writeMs: 2, intervalMs: 20 },
    { instances: 8, writeMs: 2, intervalMs: 20 },
    { instances: 10, writeMs: 2, intervalMs: 20 },
    { instances: 50, writeMs: 2, intervalMs: 100 },
    { instances: 50, writeMs: 40, intervalMs: 100 },
    { instances: 2, writeMs: 40, intervalMs: 80 },
    { instances: 1, writeMs: 5_000, intervalMs: 1_000 },
    { instances: 1_000, writeMs: 5_000, intervalMs: 2_000 },
  ])('is $intervalMs ms for $instances of them on a store that takes $writeMs ms', (situation) => {
    expect(publishIntervalMs(budget, situation)).toBe(situation.intervalMs);
  });

  it('is the shortest before any instance is known and before the first write', () => {
    expect(publishIntervalMs(budget, { instances: 0, writeMs: 0 })).toBe(20);
  });
});
