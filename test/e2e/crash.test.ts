import type { Baton } from '../../tools/testbed/baton.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { whileClientsStream } from '../support/sseClients.ts';
import { envoyAsks, useTopology } from '../support/topology.ts';

/** Instances that end or freeze without a word, under streaming load, with the shipped fail-open configuration. */
checkForLeaks();

describe('with two instances that share etcd', () => {
  const topology = useTopology({
    baton: { etcd: { leaseTtlSeconds: 2 }, pool: { probe: { timeoutMs: 5_000 } } },
  });
  const both = () => topology().instances as [Baton, Baton];

  afterEach(async () => {
    for (const instance of both()) if (!instance.process.running) await instance.start();
    await envoyAsks(topology(), both());
    await allCountsReturnToZero(topology());
  });

  it('loses no request when one is killed and comes back', async () => {
    const [a, b] = both();
    await whileClientsStream(topology(), async (servedAnew) => {
      await a.kill();
      await servedAnew();
      await envoyAsks(topology(), [b]);
      await servedAnew();
      await a.start();
      await envoyAsks(topology(), [a, b]);
      await servedAnew();
    });
  }, 120_000);

  it('loses no request when the only one is killed and comes back', async () => {
    const [a, b] = both();
    await b.kill();
    await envoyAsks(topology(), [a]);
    await whileClientsStream(topology(), async (servedAnew) => {
      await a.kill();
      await servedAnew();
      await envoyAsks(topology(), []);
      await servedAnew();
      await a.start();
      await envoyAsks(topology(), [a]);
      await servedAnew();
    });
  }, 120_000);

  it('loses no request when one freezes and thaws', async () => {
    const [a, b] = both();
    await whileClientsStream(topology(), async (servedAnew) => {
      a.process.pause();
      try {
        await servedAnew();
        await envoyAsks(topology(), [b]);
        await servedAnew();
      } finally {
        a.process.resume();
      }
      await envoyAsks(topology(), [a, b]);
      await servedAnew();
    });
  }, 120_000);
});
