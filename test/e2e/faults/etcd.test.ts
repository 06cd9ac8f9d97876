import type { Etcd } from '../../../tools/testbed/etcd.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';
import {
  allHaveJoined,
  allHaveRejoined,
  areDegraded,
  regrantsOf,
  viewIncludesPeers,
  viewIsLocal,
} from '../../support/views.ts';

/** A single etcd that is down for longer than all leases, under three instances. */
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
    await allHaveJoined(topology().instances);
  });

  it('loses no request while etcd is down until stale counts have decayed (30 s)', async () => {
    const { instances } = topology();
    await noClientNotices(topology(), 'etcd stopped for 30 s', async ({ allServedAgain, measure }) => {
      await etcd().stop();
      await measure('all degraded', areDegraded(instances));
      await Promise.all(instances.map(viewIncludesPeers));
      await measure('counts decayed', Promise.all(instances.map(viewIsLocal)));
      await allServedAgain();
      await etcd().restart('kept');
      await measure('all share again', allHaveJoined(instances));
      await allServedAgain();
    });
  }, 180_000);

  it('loses no request when etcd comes back empty', async () => {
    const { instances } = topology();
    await noClientNotices(topology(), 'etcd restarted empty', async ({ allServedAgain, measure }) => {
      const regrants = await Promise.all(instances.map(regrantsOf));
      await etcd().restart('empty');
      await measure('all joined again', allHaveRejoined(instances, regrants));
      await allServedAgain();
    });
  }, 180_000);
});
