import type { Baton } from '../../tools/testbed/baton.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { whileClientsStream } from '../support/sseClients.ts';
import { envoyRoutesTo, restartEnded, useTopology } from '../support/topology.ts';

/**
 * Instances that are killed or stopped under streaming load, with the shipped fail-open
 * configuration.
 */
checkForLeaks();

describe('with two instances that share etcd', () => {
  const topology = useTopology({
    baton: { etcd: { leaseTtlSeconds: 2 }, pool: { probe: { timeoutMs: 5_000 } } },
  });
  const both = () => topology().instances as [Baton, Baton];

  afterEach(async () => {
    await restartEnded(topology(), both());
    await allCountsReturnToZero(topology());
  });

  it('loses no request when one is killed and comes back', async () => {
    const [a, b] = both();
    await whileClientsStream(topology(), async (allServedAgain) => {
      await a.kill();
      await allServedAgain();
      await envoyRoutesTo(topology(), [b]);
      await allServedAgain();
      await a.start();
      await envoyRoutesTo(topology(), [a, b]);
      await allServedAgain();
    });
  }, 120_000);

  it('loses no request when the only one is killed and comes back', async () => {
    const [a, b] = both();
    await b.kill();
    await envoyRoutesTo(topology(), [a]);
    await whileClientsStream(topology(), async (allServedAgain) => {
      await a.kill();
      await allServedAgain();
      await envoyRoutesTo(topology(), []);
      await allServedAgain();
      await a.start();
      await envoyRoutesTo(topology(), [a]);
      await allServedAgain();
    });
  }, 120_000);

  it('loses no request when one is stopped and continued', async () => {
    const [a, b] = both();
    await whileClientsStream(topology(), async (allServedAgain) => {
      a.process.pause();
      try {
        await allServedAgain();
        await envoyRoutesTo(topology(), [b]);
        await allServedAgain();
      } finally {
        a.process.resume();
      }
      await envoyRoutesTo(topology(), [a, b]);
      await allServedAgain();
    });
  }, 120_000);
});
