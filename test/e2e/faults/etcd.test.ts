import type { Etcd } from '../../../tools/testbed/etcd.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';
import {
  areDegraded,
  countsOthers,
  joinAnew,
  ownIsAllItCounts,
  regrantsOf,
  shareAgain,
} from '../../support/views.ts';

/** A single etcd that is away for longer than all leases, under three instances. */
checkForLeaks();

describe('with three instances that share etcd', () => {
  const topology = useTopology({
    instances: 3,
    baton: { etcd: { leaseTtlSeconds: 2 }, pool: { probe: { timeoutMs: 5_000 } } },
    podFlags: shortStreams,
  });
  const etcd = () => topology().etcd as Etcd;

  afterEach(async () => {
    if (!etcd().process.running) await etcd().restart('kept');
    await shareAgain(topology().instances);
  });

  it('loses no request while etcd is away so long that old counts of others have faded (30 s)', async () => {
    const { instances } = topology();
    await noClientNotices(topology(), 'etcd stopped for 30 s', async ({ servedAnew, took }) => {
      await etcd().stop();
      await took('all degraded', areDegraded(instances));
      await Promise.all(instances.map(countsOthers));
      await took('counts faded', Promise.all(instances.map(ownIsAllItCounts)));
      await servedAnew();
      await etcd().restart('kept');
      await took('all share again', shareAgain(instances));
      await servedAnew();
    });
  }, 180_000);

  it('loses no request when etcd comes back empty', async () => {
    const { instances } = topology();
    await noClientNotices(topology(), 'etcd restarted empty', async ({ servedAnew, took }) => {
      const regrants = await Promise.all(instances.map(regrantsOf));
      await etcd().restart('empty');
      await took('all joined anew', joinAnew(instances, regrants));
      await servedAnew();
    });
  }, 180_000);
});
