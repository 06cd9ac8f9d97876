import { allViewsAreEqual } from '../../support/equalViews.ts';
import { useEtcdCluster } from '../../support/etcdCluster.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { useTopology } from '../../support/topology.ts';
import { allHaveJoined } from '../../support/views.ts';

/** An etcd cluster of three members that loses its leader. */
checkForLeaks();

describe('with two instances that share an etcd cluster of three members', () => {
  const cluster = useEtcdCluster();
  const topology = useTopology(async () => {
    const leader = await cluster.leader();
    // The leader comes first, so that the test fails if instances use their first endpoint only.
    const members = [leader, ...cluster.members().filter((member) => member !== leader)];
    return {
      etcd: false,
      baton: {
        etcd: { endpoints: members.map(({ endpoint }) => endpoint), leaseTtlSeconds: 3 },
        pool: { probe: { timeoutMs: 5_000 } },
      },
      podFlags: shortStreams,
    };
  });

  it("loses no request when etcd's leader is killed, and shares through the other members", async () => {
    const { instances } = topology();
    await noClientNotices(topology(), "etcd's leader killed", async ({ allServedAgain, measure }) => {
      const lost = await cluster.leader();
      await lost.kill();
      await measure('another leader', cluster.leader());
      await measure('both share', allHaveJoined(instances));
      await allServedAgain();
    });
    expect(cluster.members().filter(({ process }) => process.running)).toHaveLength(2);
    await allViewsAreEqual(topology());
  }, 180_000);
});
