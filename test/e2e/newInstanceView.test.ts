import type { Baton } from '../../tools/testbed/baton.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import type { Topology } from '../../tools/testbed/topology.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { useTopology } from '../support/topology.ts';

/**
 * The problem that Baton exists for: the old instance knows of 10, 20 and 30 requests on three pods; what does
 * the new one believe when it decides for the first time? With sharing, and without.
 */
checkForLeaks();

const options = {
  instances: 1,
  laterInstances: 1,
  // The old instance prefers the later pods, which is how the counts become 10, 20, 30; the new one does not.
  podWeights: [1, 2, 3],
  // Longer than the test: everything stays in flight.
  podFlags: { slots: 200, 'ttft-ms': 50, 'token-ms': 1000, tokens: 600, jitter: 0 },
};

async function inFlight(topology: Topology): Promise<number[]> {
  const states = await Promise.all(topology.pods.map((pod) => pod.state()));
  return states.map(({ running, waiting }) => running + waiting);
}

/** Sends so many requests that stay in flight, and waits until all have reached a pod. */
async function build(topology: Topology, count: number): Promise<void> {
  const before = (await inFlight(topology)).reduce((sum, some) => sum + some, 0);
  const pace = { kind: 'closed', clients: count, rampMs: 1500 } as const;
  void new SseLoad({ url: topology.chatUrl, pace, requests: count, timeoutMs: 120_000 }).start();
  await eventually(async () => {
    expect((await inFlight(topology)).reduce((sum, some) => sum + some, 0)).toBe(before + count);
  });
}

/** Builds up 10, 20, 30 on the old instance and starts the new one, to which all pods are equal. */
async function meet(topology: Topology): Promise<Baton> {
  await build(topology, 60);
  expect(await inFlight(topology)).toEqual([10, 20, 30]);
  const [newcomer] = topology.laterInstances as [Baton];
  const endpoints = topology.pods.map(({ address }) => address);
  await newcomer.start({ pool: { endpoints }, instance: { release: '2.0.0', generation: 2 } });
  await topology.envoy.waitForHealthyHost('scheduler', newcomer.address);
  return newcomer;
}

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

describe('loads of 10, 20 and 30 are built up on instance 1, and instance 2 is started', () => {
  const topology = useTopology(options);

  it('believes 10, 20, 30 at its first decision, which goes to pod_1, and levels the load', async () => {
    const newcomer = await meet(topology());
    await topology().envoy.waitForHealthy('scheduler', [newcomer.address]);
    const [pod1, pod2, pod3] = topology().pods.map(({ address }) => address) as [string, string, string];
    await build(topology(), 30);
    expect((await newcomer.state()).firstDecision).toMatchObject({
      view: { [pod1]: 10, [pod2]: 20, [pod3]: 30 },
      endpoint: pod1,
    });
    expect(await inFlight(topology())).toEqual([30, 30, 30]);
  }, 90_000);
});

describe('the same without sharing', () => {
  const topology = useTopology({ ...options, etcd: false });

  it('believes in empty pods, and the full ones get as much as the others', async () => {
    const newcomer = await meet(topology());
    expect(spread(await inFlight(topology()))).toBe(20);
    // Nobody steps back for somebody he does not know of: Envoy asks both in turn.
    await build(topology(), 30);
    expect((await newcomer.state()).firstDecision?.view).toEqual({});
    expect(spread(await inFlight(topology()))).toBeGreaterThanOrEqual(20);
  }, 90_000);
});
