import { mergeSettings } from '../../tools/testbed/baton.ts';
import { startTopology, type Topology, type TopologyOptions } from '../../tools/testbed/topology.ts';
import { eventually } from './eventually.ts';
import { serverKind, serverSettings } from './serverKinds.ts';
import { envoyBin, etcdBin } from './tools.ts';

type Options = Omit<TopologyOptions, 'tools'>;

/**
 * The whole topology for one `describe`: started before its tests, ended after them. Returns
 * a function, because there is none before the first test. A difference that the consistency check
 * of an instance has found fails the tests, if the instance still runs at the end.
 *
 * @param options a function is called after the hooks before it: it may use what they have started
 */
export function useTopology(options: Options | (() => Promise<Options>) = {}): () => Topology {
  let topology: Topology | undefined;
  beforeAll(async () => {
    const wanted = typeof options === 'function' ? await options() : options;
    const baton = mergeSettings(
      { consistency: { intervalMs: 500 }, ...serverSettings(serverKind) },
      wanted.baton ?? {},
    );
    topology = await startTopology({ ...wanted, baton, tools: { envoy: envoyBin(), etcd: etcdBin() } });
    await allPodsAreHealthy(topology);
  }, 180_000);
  afterAll(async () => {
    try {
      if (topology) await checksFoundNothing(topology);
    } finally {
      await topology?.stop();
    }
  });
  return () => {
    if (!topology) throw new Error('the topology exists in tests and hooks only');
    return topology;
  };
}

async function checksFoundNothing({ instances, laterInstances }: Topology): Promise<void> {
  for (const instance of [...instances, ...laterInstances]) {
    if (!instance.processes.some(({ running }) => running)) continue;
    // A paused or stopping instance does not answer.
    const states = await instance.poolStates().catch(() => []);
    for (const { consistency } of states) expect(consistency.last).toEqual([]);
  }
}

/**
 * Waits until Envoy and every instance consider every pod healthy; one of them is enough for
 * readiness.
 */
export async function allPodsAreHealthy({ envoy, instances, poolPods }: Topology): Promise<void> {
  await envoy.waitForHealthy(
    'model_pods',
    poolPods.map(({ address }) => address),
  );
  await eventually(
    async () => {
      for (const instance of instances) {
        const pool = (await instance.poolStates()).flatMap((state) => state.pool);
        expect(pool.filter(({ ready }) => ready)).toHaveLength(poolPods.length);
      }
    },
    { timeoutMs: 30_000 },
  );
}

/** Waits until Envoy sends requests to exactly these instances. */
export async function envoyRoutesTo({ envoy }: Topology, instances: Topology['instances']): Promise<void> {
  await envoy.waitForHealthy(
    'scheduler',
    instances.map(({ address }) => address),
    30_000,
  );
}

/** Starts the instances that have ended, and waits until Envoy sends requests to all of these. */
export async function restartEnded(topology: Topology, instances: Topology['instances']): Promise<void> {
  await Promise.all(
    instances.map(async (instance) => {
      if (!instance.process.running) await instance.start();
    }),
  );
  await envoyRoutesTo(topology, instances);
}
