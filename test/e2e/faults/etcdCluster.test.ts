import { useEtcdCluster } from '../../support/etcdCluster.ts';
import { noClientNotices, shortStreams } from '../../support/faultRow.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { allShareOneView } from '../../support/sameView.ts';
import { useTopology } from '../../support/topology.ts';
import { shareAgain } from '../../support/views.ts';

/** An etcd of three members that loses the one the others follow. */
checkForLeaks();

describe('with two instances that share an etcd of three members', () => {
  const cluster = useEtcdCluster();
  const topology = useTopology(async () => {
    const leader = await cluster.leader();
    // It comes first, so that instances that held to their first endpoint would be found out.
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

  it("loses no request when etcd's leader is killed, and shares through those that are left", async () => {
    const { instances } = topology();
    await noClientNotices(topology(), "etcd's leader killed", async ({ servedAnew, took }) => {
      const lost = await cluster.leader();
      await lost.kill();
      await took('another leads', cluster.leader());
      await took('both share', shareAgain(instances));
      await servedAnew();
    });
    expect(cluster.members().filter(({ process }) => process.running)).toHaveLength(2);
    await allShareOneView(topology());
  }, 180_000);
});
