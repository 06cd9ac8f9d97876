import type { Baton } from '../../../tools/testbed/baton.ts';
import { SseLoad } from '../../../tools/testbed/sseLoad.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { setFault } from '../../support/podFault.ts';
import { useTopology } from '../../support/topology.ts';

/** Probes that fail although the pods serve: busy pods, a strict health page, a network policy. */
checkForLeaks();

const durationMs = 5_000;
const longWait = { timeoutMs: 20_000 };

describe('when every pod serves, and its probes fail', () => {
  const topology = useTopology({
    podFlags: { 'ttft-ms': 100, 'token-ms': 20, tokens: 10, slots: 128 },
  });

  const loadWhile = async (fault: () => Promise<void>) => {
    const { chatUrl, pods } = topology();
    const pace = { kind: 'open', requestsPerSecond: 100 } as const;
    const load = new SseLoad({ url: chatUrl, pace, durationMs });
    const report = load.start();
    try {
      await fault();
    } finally {
      await report;
      for (const pod of pods) await setFault(pod, { kind: 'none' });
    }
    const { sent, failed, cut, problems } = await report;
    expect({ failed, cut, problems }).toEqual({ failed: 0, cut: 0, problems: [] });
    expect(sent).toBeGreaterThan(300);
  };
  const allAreInUse = async () => {
    for (const instance of topology().instances) {
      const { pool, panic } = await instance.state();
      expect(pool.filter(({ ready }) => ready)).toHaveLength(3);
      expect(panic).toMatchObject({ endpoints: 3, passing: 0, inUse: 3 });
    }
  };

  it.each([
    ['answers 503', { kind: 'unhealthy' }],
    ['hangs', { kind: 'late-health', afterMs: 600_000 }],
  ])(
    'loses no request while /health %s, and says so',
    async (_how, fault) => {
      await loadWhile(async () => {
        for (const pod of topology().pods) await setFault(pod, fault);
        await eventually(allAreInUse, longWait);
        const [{ adminUrl }] = topology().instances as [Baton];
        const [metrics, events] = await Promise.all(
          ['metrics', 'events'].map(async (page) => (await fetch(`${adminUrl}/${page}`)).text()),
        );
        expect(metrics).toMatch(/^baton_pool_panic(\{.*\})? 1$/m);
        expect(events).toContain('panic: endpoints that fail their probes stay in use');
      });
      await eventually(async () => {
        for (const instance of topology().instances) expect((await instance.state()).panic).toBeNull();
      }, longWait);
    },
    60_000,
  );

  it('takes a pod for healthy whose /health answers after 0.8 s', async () => {
    await loadWhile(async () => {
      for (const pod of topology().pods) await setFault(pod, { kind: 'late-health', afterMs: 800 });
      await eventually(async () => {
        for (const instance of topology().instances) {
          const { pool, panic } = await instance.state();
          expect(pool.map(({ ready, fault }) => ({ ready, fault }))).toEqual(
            Array(3).fill({ ready: true, fault: null }),
          );
          expect(panic).toBeNull();
        }
      }, longWait);
    });
  }, 60_000);

  it('becomes ready and serves where no probe has ever passed', async () => {
    const { instances, pods, envoy } = topology();
    for (const pod of pods) await setFault(pod, { kind: 'unhealthy' });
    const [a, b] = instances as [Baton, Baton];
    await Promise.all([a.kill(), b.kill()]);
    await a.start();
    await envoy.waitForHealthy('scheduler', [a.address]);
    await loadWhile(async () => {});
  }, 60_000);
});
