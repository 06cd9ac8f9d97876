import { setTimeout as sleep } from 'node:timers/promises';
import type { Etcd } from '../../../tools/testbed/etcd.ts';
import { allViewsAreEqual } from '../../support/equalViews.ts';
import { useEtcdCluster } from '../../support/etcdCluster.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';
import { allHaveJoined, regrantsOf } from '../../support/views.ts';

/** An etcd cluster of three members whose leader fails: a quorum answers all the time. */
checkForLeaks();

/** Three leases; with one member unused the others need less than one to notice. */
const faultMs = 10_000;

describe('with two instances that share an etcd cluster of three members', () => {
  const cluster = useEtcdCluster();
  const topology = useTopology(async () => {
    const leader = await cluster().leader();
    // The leader comes first, so that the test fails if instances use their first endpoint only.
    const members = [leader, ...cluster().members.filter((member) => member !== leader)];
    return {
      etcd: false,
      baton: {
        etcd: { endpoints: members.map(({ endpoint }) => endpoint), leaseTtlSeconds: 3 },
        pool: { probe: { timeoutMs: 5_000 } },
      },
      podFlags: shortStreams,
    };
  });

  it.each<[string, (member: Etcd) => unknown, (member: Etcd) => unknown]>([
    ['frozen', ({ process }) => process.pause(), ({ process }) => process.resume()],
    ['killed', (member) => member.kill(), (member) => member.restart('kept')],
  ])(
    "loses no request, no lease and no peer while etcd's leader is %s",
    async (row, fail, recover) => {
      const { instances } = topology();
      await allHaveJoined(instances);
      const regrants = await Promise.all(instances.map(regrantsOf));
      const lost = await cluster().leader();
      await noClientNotices(topology(), `etcd's leader ${row}`, async ({ allServedAgain }) => {
        await fail(lost);
        const endMs = performance.now() + faultMs;
        while (performance.now() < endMs) {
          for (const instance of instances) {
            const { store, peers } = await instance.state();
            expect({ leaseHeld: store.leaseHeld, peers: peers.length }).toEqual({
              leaseHeld: true,
              peers: 1,
            });
          }
          await sleep(100);
        }
        await allHaveJoined(instances);
        await allServedAgain();
      });
      expect(await Promise.all(instances.map(regrantsOf))).toEqual(regrants);
      await allViewsAreEqual(topology());
      await recover(lost);
    },
    180_000,
  );
});
