import { publishIntervalMs } from '../../../src/ledger/writeBudget.ts';
import {
  bytesPerSecondEach,
  logIntervalMs,
  mostLogBytes,
  writeIntervalMs,
} from '../../../src/prefixSharing/sharingBudget.ts';

const budget = { bytesPerSecond: 262_144, writesPerSecond: 500 };

describe('what sharing prompts may write', () => {
  it.each([
    { instances: 1, lastBytes: 100, intervalMs: 1_000 },
    { instances: 8, lastBytes: 100, intervalMs: 250 },
    { instances: 8, lastBytes: 16_384, intervalMs: 1_000 },
    { instances: 8, lastBytes: 1_000_000, intervalMs: 5_000 },
    { instances: 50, lastBytes: 100, intervalMs: 1_000 },
  ])('is a record each $intervalMs ms of one of $instances after $lastBytes bytes', (situation) => {
    expect(logIntervalMs(budget, situation.instances, situation.lastBytes)).toBe(situation.intervalMs);
  });

  it.each([1, 8, 50])(
    'is within the bytes and the writes of the fleet, with the counts (%i instances)',
    (n) => {
      const bytes = 2 * n * bytesPerSecondEach(budget, n);
      expect(bytes).toBeCloseTo(budget.bytesPerSecond);
      const counts = { ...budget, minIntervalMs: 0 };
      const countsMs = publishIntervalMs(counts, { instances: n, writeMs: 0, placesPrompts: true });
      const writes = (2 * n * 1_000) / writeIntervalMs(budget, n) + (n * 1_000) / countsMs;
      expect(writes).toBeLessThanOrEqual(budget.writesPerSecond * 1.001);
      if (n > 1) expect(writes).toBeCloseTo(budget.writesPerSecond);
      expect(mostLogBytes(budget, n)).toBeLessThanOrEqual(512 * 1024);
      expect((1_000 * mostLogBytes(budget, n)) / 5_000).toBeLessThanOrEqual(bytesPerSecondEach(budget, n));
    },
  );
});
