import fc from 'fast-check';
import { withoutQuarantined } from '../../src/scheduling/filters/quarantine.ts';
import { failureKinds } from '../../src/signals/failure.ts';
import {
  dueMs,
  isExcluded,
  longestDeferralMs,
  nextPodHealth,
  type PodEvent,
  type PodHealth,
  trusted,
} from '../../src/signals/podHealth.ts';
import { endpoints } from '../support/endpoints.ts';

const times = { baseMs: 1_000, maxMs: 8_000 };
const reason = fc.constantFrom(...failureKinds);
const level = fc.nat(100);
const event: fc.Arbitrary<PodEvent> = fc.oneof(
  fc
    .constantFrom(
      ...(['sign', 'acquitted', 'time', 'trial-sent', 'trial-passed', 'trial-undecided'] as const),
    )
    .map((kind) => ({ kind })),
  fc.record({ kind: fc.constant('convicted' as const), reason, level }),
  fc.record({ kind: fc.constant('trial-failed' as const), reason }),
  fc.record({
    kind: fc.constant('convicted-by-peer' as const),
    reason,
    level,
    remainingMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    from: fc.constant('b'),
  }),
);

describe('the quarantine of a pod', () => {
  it('always ends within the maximum, whatever came before, and then a trial is possible', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5_000), event)), (history) => {
        let nowMs = 0;
        let health: PodHealth = trusted;
        for (const [afterMs, each] of history) {
          nowMs += afterMs;
          health = nextPodHealth(health, each, nowMs, times);
        }
        if (!isExcluded(health)) return;
        const due = dueMs(health);
        expect(due).toBeLessThanOrEqual(nowMs + times.maxMs + longestDeferralMs);
        expect(isExcluded(nextPodHealth(health, { kind: 'time' }, due as number, times))).toBe(false);
      }),
    );
  });

  it('never covers more than its share of the pool, and leaves one endpoint', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(30)),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (size, out, maxShare) => {
          const ready = endpoints(size);
          const all = endpoints(31);
          const excluded = new Set(out.map((index) => all[index]?.address ?? ''));
          const usable = withoutQuarantined(ready, excluded, maxShare);
          expect(usable.length).toBeGreaterThanOrEqual(1);
          expect(size - usable.length).toBeLessThanOrEqual(size * maxShare);
          expect(ready).toEqual(expect.arrayContaining([...usable]));
        },
      ),
    );
  });
});
