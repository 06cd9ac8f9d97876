import type { Pod } from '../../tools/testbed/pod.ts';
import { SseLoad } from '../../tools/testbed/sseLoad.ts';
import { allCountsReturnToZero } from '../support/counts.ts';
import { namedHeader, servedHeader, showPick, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** A dead pod that Baton still treats as healthy, because its probes are an hour apart. */
checkForLeaks();

describe('with a prober that has not noticed the death of a pod', () => {
  const topology = useTopology({
    instances: 1,
    etcd: false,
    baton: { pool: { probe: { intervalMs: 3_600_000, timeoutMs: 10_000 } } },
    amendEnvoy: (bootstrap) => {
      showPick(bootstrap);
      waitForDecisions(bootstrap);
    },
  });
  let dead: Pod;

  beforeAll(async () => {
    [dead] = topology().pods as [Pod];
    await dead.kill();
  });

  it('serves a request for the dead pod by its first alternate', async () => {
    const url = `${topology().envoy.url}/podsim/headers`;
    const namedFirst: (string | undefined)[] = [];
    for (let nth = 0; nth < 3; nth++) {
      const { status, headers } = await sendHttp(url, { headers: { 'routing-strategy': 'round-robin' } });
      const [first, alternate] = String(headers[namedHeader]).split(',');
      namedFirst.push(first);
      expect(status).toBe(200);
      expect(headers[servedHeader]).toBe(first === dead.address ? alternate : first);
    }
    expect(namedFirst).toContain(dead.address);
  });

  it('serves all streams', async () => {
    const load = new SseLoad({
      url: topology().chatUrl,
      pace: { kind: 'closed', clients: 6 },
      requests: 30,
      headers: { 'routing-strategy': 'round-robin' },
    });
    expect(await load.start()).toMatchObject({ sent: 30, ok: 30, problems: [] });
    expect(Object.keys(load.report().byPod)).not.toContain(dead.id);
    await allCountsReturnToZero(topology());
  });
});

describe('when requests are served by an alternate, and their responses are watched', () => {
  const topology = useTopology({
    instances: 1,
    etcd: false,
    podFlags: { 'ttft-ms': 20, 'token-ms': 50, tokens: 100, slots: 64 },
    baton: {
      pool: { probe: { intervalMs: 3_600_000, timeoutMs: 10_000 } },
      signals: { sampleOneIn: 1, quarantineMaxPercent: 0 },
    },
    amendEnvoy: waitForDecisions,
  });

  it('counts them on the pod that serves them', async () => {
    const [dead, ...alive] = topology().pods as [Pod, ...Pod[]];
    await dead.kill();
    const load = new SseLoad({
      url: topology().chatUrl,
      pace: { kind: 'closed', clients: 12 },
      headers: { 'routing-strategy': 'round-robin' },
    });
    const running = load.start();
    await eventually(async () => {
      const [state] = await Promise.all(topology().instances.map((instance) => instance.state()));
      const counted = Object.fromEntries(state?.pool.map(({ address, local }) => [address, local]) ?? []);
      const served = await Promise.all(alive.map(async (pod) => [pod.address, (await pod.state()).running]));
      expect(counted).toEqual({ [dead.address]: 0, ...Object.fromEntries(served) });
      expect(served.map(([, count]) => count)).not.toContain(0);
    });
    await load.stop();
    await running;
    await allCountsReturnToZero(topology());
  });
});
