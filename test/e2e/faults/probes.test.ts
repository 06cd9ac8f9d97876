import type { Baton } from '../../../tools/testbed/baton.ts';
import type { Pod } from '../../../tools/testbed/pod.ts';
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
      // Without a panic where each has just answered a request.
      if (panic) expect(panic).toMatchObject({ endpoints: 3, passing: 0, inUse: 3 });
      expect(pool.filter(({ fault }) => fault !== null)).toHaveLength(3);
    }
  };

  it('keeps a pod in use that answers requests while its probes go unanswered', async () => {
    const { instances, pods } = topology();
    const [one] = pods as [Pod];
    await loadWhile(async () => {
      await setFault(one, { kind: 'late-health', afterMs: 600_000 });
      await eventually(async () => {
        for (const instance of instances) {
          const { pool, panic } = await instance.state();
          expect(panic).toBeNull();
          const report = pool.find(({ address }) => address === one.address);
          expect(report).toMatchObject({ ready: true, fault: expect.stringMatching(/^no answer/) });
        }
      }, longWait);
    });
  }, 60_000);

  it.each([
    ['answers 503', { kind: 'unhealthy' }, true],
    ['hangs', { kind: 'late-health', afterMs: 600_000 }, false],
  ])(
    'loses no request while /health %s, and says so',
    async (_how, fault, isPanic) => {
      await loadWhile(async () => {
        for (const pod of topology().pods) await setFault(pod, fault);
        await eventually(allAreInUse, longWait);
        if (!isPanic) return;
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
