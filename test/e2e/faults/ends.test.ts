import type { Baton } from '../../../tools/testbed/baton.ts';
import { drainsCleanly } from '../../support/drainsCleanly.ts';
import { eventually } from '../../support/eventually.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyRoutesTo, restartEnded, useTopology } from '../../support/topology.ts';
import { hasPeers, regrantsOf, viewIsLocal } from '../../support/views.ts';

/** Of three instances some are stopped, killed or paused. */
checkForLeaks();

describe('with three instances that share etcd', () => {
  const topology = useTopology({
    instances: 3,
    baton: { etcd: { leaseTtlSeconds: 2 }, pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });
  const three = () => topology().instances as [Baton, Baton, Baton];

  afterEach(() => restartEnded(topology(), three()));

  it('loses no request at SIGTERM of each in turn', async () => {
    await noClientNotices(
      topology(),
      'SIGTERM of each of three in turn',
      async ({ allServedAgain, measure }) => {
        for (const instance of three()) {
          await measure(`${instance.name} drained`, drainsCleanly(instance));
          await measure('ready again', instance.start());
          await measure('in use again', envoyRoutesTo(topology(), three()));
        }
        await allServedAgain();
      },
    );
  }, 180_000);

  it('loses no request at kill -9 of two at once, and drops their counts', async () => {
    const [a, b, c] = three();
    await noClientNotices(topology(), 'kill -9 of two of three', async ({ allServedAgain, measure }) => {
      await Promise.all([b.kill(), c.kill()]);
      await Promise.all([
        measure('excluded by Envoy', envoyRoutesTo(topology(), [a])),
        measure('counts dropped', hasPeers(a, 0)),
      ]);
      await viewIsLocal(a);
      await allServedAgain();
      await Promise.all([b.start(), c.start()]);
      await measure('in use again', envoyRoutesTo(topology(), three()));
      await allServedAgain();
    });
  }, 180_000);

  it('loses no request at kill -9 of all three, and a restarted one drops the counts of the dead', async () => {
    const [a, b, c] = three();
    await noClientNotices(topology(), 'kill -9 of all three', async ({ allServedAgain, measure }) => {
      await Promise.all([a.kill(), b.kill(), c.kill()]);
      await measure('excluded by Envoy', envoyRoutesTo(topology(), []));
      await allServedAgain();
      await measure('one is ready', a.start());
      await measure('in use again', envoyRoutesTo(topology(), [a]));
      await hasPeers(a, 0);
      await allServedAgain();
      await viewIsLocal(a);
      expect((await a.state()).firstDecision).not.toBeNull();
    });
  }, 180_000);

  it('loses no request while one is paused past its lease, and it reads the store again when it continues', async () => {
    const [a, b, c] = three();
    await noClientNotices(
      topology(),
      'SIGSTOP past the lease, SIGCONT',
      async ({ allServedAgain, measure }) => {
        const regrants = await regrantsOf(a);
        const stoppedAt = performance.now();
        a.process.pause();
        try {
          await Promise.all([
            measure('excluded by Envoy', envoyRoutesTo(topology(), [b, c])),
            measure('counts dropped', Promise.all([hasPeers(b, 1), hasPeers(c, 1)])),
          ]);
          await allServedAgain();
          // Everything that it knows of the others is out of date by now.
          await eventually(() => performance.now() - stoppedAt > 10_000);
        } finally {
          a.process.resume();
        }
        const isBack = async () => {
          const { store, instance, peers } = await a.state();
          expect(store).toMatchObject({ leaseHeld: true, viewAgeMs: 0 });
          expect(store.regrants).toBeGreaterThan(regrants);
          expect(instance).toMatchObject({ phase: 'ready', degraded: false });
          expect(peers).toHaveLength(2);
        };
        await measure('joined again', eventually(isBack, { timeoutMs: 30_000 }));
        await measure('in use again', envoyRoutesTo(topology(), three()));
        await Promise.all([hasPeers(b, 2), hasPeers(c, 2)]);
        await allServedAgain();
      },
    );
  }, 180_000);
});
