import type { Baton } from '../../tools/testbed/baton.ts';
import type { Etcd } from '../../tools/testbed/etcd.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { whileClientsStream } from '../support/sseClients.ts';
import { envoyAsks, useTopology } from '../support/topology.ts';

/** etcd going away under running instances, and instances that start without it. */
checkForLeaks();

describe('with two instances that share etcd', () => {
  const topology = useTopology({
    baton: {
      etcd: { leaseTtlSeconds: 2, requestTimeoutMs: 1_000 },
      pool: { probe: { timeoutMs: 5_000 } },
      drain: { noticeMs: 100, quietMs: 100 },
    },
  });
  const both = () => topology().instances as [Baton, Baton];
  const etcd = () => topology().etcd as Etcd;

  async function areDegraded(instances: readonly Baton[]): Promise<void> {
    await eventually(
      async () => {
        for (const instance of instances) {
          const state = await instance.state();
          expect(state.instance).toMatchObject({ phase: 'ready', degraded: true });
          expect(state.store.leaseHeld).toBe(false);
        }
      },
      { timeoutMs: 30_000 },
    );
  }

  async function shareAgain(): Promise<void> {
    await eventually(
      async () => {
        for (const instance of both()) {
          const { instance: own, peers } = await instance.state();
          expect(own).toMatchObject({ phase: 'ready', degraded: false });
          expect(peers).toMatchObject([{ phase: 'ready' }]);
        }
      },
      { timeoutMs: 30_000 },
    );
  }

  afterEach(async () => {
    if (!etcd().process.running) await etcd().restart('kept');
    await shareAgain();
    await allCountsReturnToZero(topology());
  });

  it.each(['kept', 'empty'] as const)(
    'serves on, degraded, while etcd is gone, and shares again when it is back with its data %s',
    async (data) => {
      await whileClientsStream(topology(), async (servedAnew) => {
        await etcd().kill();
        await areDegraded(both());
        await servedAnew();
        await etcd().restart(data);
        await shareAgain();
        await servedAnew();
      });
    },
    120_000,
  );

  it('takes traffic in an instance that starts without etcd, degraded, after startup.storeWaitMs', async () => {
    const [a, b] = both();
    await etcd().kill();
    await areDegraded([a, b]);
    await a.stopCleanly();
    await a.launch({ startup: { storeWaitMs: 3_600_000 } });
    await eventually(
      async () =>
        expect((await a.state()).readiness).toEqual({
          ready: false,
          reasons: ['the shared store is not joined yet: no lease, or the view is not loaded'],
        }),
      { timeoutMs: 30_000 },
    );
    await a.process.waitForLine(/ECONNREFUSED.*store joining/);
    await a.stopCleanly();

    await a.start({ startup: { storeWaitMs: 500 } });
    await areDegraded([a]);
    await envoyAsks(topology(), [a, b]);
    await whileClientsStream(topology(), async (servedAnew) => {
      await servedAnew();
      expect((await a.state()).firstDecision).not.toBeNull();
      await etcd().restart('kept');
      await shareAgain();
      await servedAnew();
    });
  }, 120_000);
});
