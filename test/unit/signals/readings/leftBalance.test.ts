import { type LeftFleetOutcome, type MetricsTrouble, runLeftFleet } from '../../../support/leftFleet.ts';

/** Where responses are left to the gateway: eight instances, sixteen pods, on a virtual clock. */
describe('eight instances that leave responses to the gateway', () => {
  const leave = { responses: 'leave', readsMetrics: true, seed: 8 } as const;
  let assumed: LeftFleetOutcome;
  beforeAll(async () => {
    assumed = await runLeftFleet({ ...leave, readsMetrics: false });
  });

  it('let requests wait no longer than 1.5 times as long as with exact counts, when it is full', async () => {
    const full = { load: 0.95, seed: 8 };
    const exact = await runLeftFleet({ responses: 'count', readsMetrics: false, ...full });
    expect((await runLeftFleet({ ...leave, ...full })).p99Ms).toBeLessThan(1.5 * exact.p99Ms);
  });

  it('let requests wait far less than by assumed counts', async () => {
    expect((await runLeftFleet(leave)).meanMs).toBeLessThan(assumed.meanMs / 20);
  });

  it.each<MetricsTrouble>(['vanish', 'say-idle', 'say-busy', 'lag'])(
    'place no more than its share on a pod whose metrics %s',
    async (trouble) => {
      const { troubledShare, meanMs } = await runLeftFleet({ ...leave, trouble });
      expect(troubledShare).toBeLessThan(1.3);
      expect(meanMs).toBeLessThan(2 * assumed.meanMs);
    },
  );

  it.each<MetricsTrouble>(['vanish', 'say-idle', 'say-busy', 'lag'])(
    'go on when the metrics of all pods %s',
    async (trouble) => {
      const { meanMs } = await runLeftFleet({ ...leave, trouble, troubled: 16 });
      expect(meanMs).toBeLessThan(4 * assumed.meanMs);
    },
  );
});
