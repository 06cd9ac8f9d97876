import type { Baton } from '../../tools/testbed/baton.ts';
import type { Etcd } from '../../tools/testbed/etcd.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { whileClientsStream } from '../support/sseClients.ts';
import { envoyRoutesTo, useTopology } from '../support/topology.ts';

/** etcd stops under running instances, and instances start without it. */
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

  async function waitUntilDegraded(instances: readonly Baton[]): Promise<void> {
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

  async function waitUntilJoined(): Promise<void> {
    await eventually(
      async () => {
        for (const instance of both()) {
          const { instance: self, peers } = await instance.state();
          expect(self).toMatchObject({ phase: 'ready', degraded: false });
          expect(peers).toMatchObject([{ phase: 'ready' }]);
        }
      },
      { timeoutMs: 30_000 },
    );
  }

  afterEach(async () => {
    if (!etcd().process.running) await etcd().restart('kept');
    await waitUntilJoined();
    await allCountsReturnToZero(topology());
  });

  it.each(['kept', 'empty'] as const)(
    'serves degraded while etcd is down, and shares again once it is back, with its data %s',
    async (data) => {
      await whileClientsStream(topology(), async (allServedAgain) => {
        await etcd().kill();
        await waitUntilDegraded(both());
        await allServedAgain();
        await etcd().restart(data);
        await waitUntilJoined();
        await allServedAgain();
      });
    },
    120_000,
  );

  it('serves degraded after startup.storeWaitMs when it starts without etcd', async () => {
    const [a, b] = both();
    await etcd().kill();
    await waitUntilDegraded([a, b]);
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
    await waitUntilDegraded([a]);
    await envoyRoutesTo(topology(), [a, b]);
    await whileClientsStream(topology(), async (allServedAgain) => {
      await allServedAgain();
      expect((await a.state()).firstDecision).not.toBeNull();
      await etcd().restart('kept');
      await waitUntilJoined();
      await allServedAgain();
    });
  }, 120_000);
});
