import type { Baton } from '../../../tools/testbed/baton.ts';
import { endsCleanly } from '../../support/cleanEnd.ts';
import { eventually } from '../../support/eventually.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { envoyAsks, useTopology } from '../../support/topology.ts';
import { knowsPeers, ownIsAllItCounts, regrantsOf } from '../../support/views.ts';

/** Instances that are told to end, end without a word, or stand still, out of three. */
checkForLeaks();

describe('with three instances that share etcd', () => {
  const topology = useTopology({
    instances: 3,
    baton: { etcd: { leaseTtlSeconds: 2 }, pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });
  const three = () => topology().instances as [Baton, Baton, Baton];

  afterEach(async () => {
    await Promise.all(
      three().map(async (instance) => {
        if (!instance.process.running) await instance.start();
      }),
    );
    await envoyAsks(topology(), three());
  });

  it('loses no request at SIGTERM of each in turn', async () => {
    await noClientNotices(topology(), 'SIGTERM of each of three in turn', async ({ servedAnew, took }) => {
      for (const instance of three()) {
        await took(`${instance.name} drained`, endsCleanly(instance));
        await took('ready again', instance.start());
        await took('asked again', envoyAsks(topology(), three()));
      }
      await servedAnew();
    });
  }, 180_000);

  it('loses no request at kill -9 of two at once, and forgets what they counted', async () => {
    const [a, b, c] = three();
    await noClientNotices(topology(), 'kill -9 of two of three', async ({ servedAnew, took }) => {
      await Promise.all([b.kill(), c.kill()]);
      await Promise.all([
        took('left out by Envoy', envoyAsks(topology(), [a])),
        took('counts gone', knowsPeers(a, 0)),
      ]);
      await ownIsAllItCounts(a);
      await servedAnew();
      await Promise.all([b.start(), c.start()]);
      await took('asked again', envoyAsks(topology(), three()));
      await servedAnew();
    });
  }, 180_000);

  it('loses no request at kill -9 of all three, and one that comes back does not believe the dead', async () => {
    const [a, b, c] = three();
    await noClientNotices(topology(), 'kill -9 of all three', async ({ servedAnew, took }) => {
      await Promise.all([a.kill(), b.kill(), c.kill()]);
      await took('left out by Envoy', envoyAsks(topology(), []));
      await servedAnew();
      await took('one is back', a.start());
      await took('asked again', envoyAsks(topology(), [a]));
      await knowsPeers(a, 0);
      await servedAnew();
      await ownIsAllItCounts(a);
      expect((await a.state()).firstDecision).not.toBeNull();
    });
  }, 180_000);

  it('loses no request while one stands still past its lease, which reads everything again when it wakes', async () => {
    const [a, b, c] = three();
    await noClientNotices(topology(), 'SIGSTOP past the lease, SIGCONT', async ({ servedAnew, took }) => {
      const regrants = await regrantsOf(a);
      const stoppedAt = performance.now();
      a.process.pause();
      try {
        await Promise.all([
          took('left out by Envoy', envoyAsks(topology(), [b, c])),
          took('counts gone', Promise.all([knowsPeers(b, 1), knowsPeers(c, 1)])),
        ]);
        await servedAnew();
        // Of all the others hold by now, it has seen nothing.
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
      await took('joined anew', eventually(isBack, { timeoutMs: 30_000 }));
      await took('asked again', envoyAsks(topology(), three()));
      await Promise.all([knowsPeers(b, 2), knowsPeers(c, 2)]);
      await servedAnew();
    });
  }, 180_000);
});
