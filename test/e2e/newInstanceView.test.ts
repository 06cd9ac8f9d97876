import type { Baton } from '../../tools/testbed/baton.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/**
 * The problem that Baton solves: the old instance has 10, 20 and 30 requests in flight on three
 * pods. Which view does a new instance have at its first decision? With sharing, and without.
 */
checkForLeaks();

const options = {
  instances: 1,
  laterInstances: 1,
  // The old instance has these weights, so its counts become 10, 20, 30. The new one has equal
  // weights.
  podWeights: [1, 2, 3],
  // Responses outlast the test.
  podFlags: { slots: 200, 'ttft-ms': 50, 'token-ms': 1000, tokens: 600, jitter: 0 },
};

async function inFlight(topology: Topology): Promise<number[]> {
  const states = await Promise.all(topology.pods.map((pod) => pod.state()));
  return states.map(({ running, waiting }) => running + waiting);
}

/** Adds `count` requests that stay in flight, and waits until all have reached a pod. */
async function addLoad(topology: Topology, count: number): Promise<void> {
  const before = (await inFlight(topology)).reduce((sum, some) => sum + some, 0);
  const pace = { kind: 'closed', clients: count, rampMs: 1500 } as const;
  void new SseLoad({ url: topology.chatUrl, pace, requests: count, timeoutMs: 120_000 }).start();
  await eventually(async () => {
    expect((await inFlight(topology)).reduce((sum, some) => sum + some, 0)).toBe(before + count);
  });
}

/** Puts 10, 20, 30 requests in flight through the old instance, then starts the new one. */
async function startNewInstance(topology: Topology): Promise<Baton> {
  await addLoad(topology, 60);
  expect(await inFlight(topology)).toEqual([10, 20, 30]);
  const [newInstance] = topology.laterInstances as [Baton];
  const endpoints = topology.pods.map(({ address }) => address);
  await newInstance.start({ pool: { endpoints }, instance: { release: '2.0.0', generation: 2 } });
  await topology.envoy.waitForHealthyHost('scheduler', newInstance.address);
  return newInstance;
}

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

describe('with 10, 20 and 30 requests in flight on instance 1, when instance 2 starts', () => {
  const topology = useTopology(options);

  it('has 10, 20, 30 in its view at its first decision, picks pod 1, and levels the load', async () => {
    const newInstance = await startNewInstance(topology());
    await topology().envoy.waitForHealthy('scheduler', [newInstance.address]);
    const [pod1, pod2, pod3] = topology().pods.map(({ address }) => address) as [string, string, string];
    await addLoad(topology(), 30);
    expect((await newInstance.state()).firstDecision).toMatchObject({
      view: { [pod1]: 10, [pod2]: 20, [pod3]: 30 },
      endpoint: pod1,
    });
    expect(await inFlight(topology())).toEqual([30, 30, 30]);
  }, 90_000);
});

describe('the same without sharing', () => {
  const topology = useTopology({ ...options, etcd: false });

  it('has an empty view, and the full pods get as many requests as the others', async () => {
    const newInstance = await startNewInstance(topology());
    expect(spread(await inFlight(topology()))).toBe(20);
    // Without records of each other both stay ready, and Envoy uses both.
    await addLoad(topology(), 30);
    expect((await newInstance.state()).firstDecision?.view).toEqual({});
    expect(spread(await inFlight(topology()))).toBeGreaterThanOrEqual(20);
  }, 90_000);
});
