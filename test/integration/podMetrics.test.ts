import { credentials } from '@grpc/grpc-js';
import type { EndpointReport } from '../../src/admin/state.ts';
import { ExternalProcessor } from '../../src/proto/clients.ts';
import type { ProcessingResponse__Output } from '../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { decodeReading } from '../../src/proto/records/podReading.ts';
import { type Podsim, startPodsim } from '../../tools/podsim/server.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { headersMessage, ProxyExchange, podIn } from '../support/proxyExchange.ts';
import { sendHttp } from '../support/sendHttp.ts';

/**
 * What pods say in their metrics, read by real instances on a real etcd. The gateway is a client
 * that leaves responses, so nothing tells when requests end; the pods say what a test has them say.
 */
checkForLeaks();

const protocol_config = {
  request_body_mode: 'FULL_DUPLEX_STREAMED',
  response_body_mode: 'FULL_DUPLEX_STREAMED',
} as const;

let cluster: BatonCluster;
const pods: Podsim[] = [];
const instances: Baton[] = [];
const endpointsOf = async (instance: Baton): Promise<readonly EndpointReport[]> =>
  (await instance.state()).pool;

async function setMetrics(pod: Podsim | undefined, fault: object): Promise<void> {
  const { status } = await sendHttp(`http://${pod?.address}/podsim/metrics`, { body: fault });
  expect(status).toBe(200);
}

/** Requests to this instance; returns the pods that they were placed on. */
async function leave(instance: Baton, count: number): Promise<(string | undefined)[]> {
  const client = new ExternalProcessor(instance.address, credentials.createInsecure());
  const message = headersMessage({ ':method': 'GET', ':path': '/v1/models' }, { protocol_config });
  const get = { ...message, request_headers: { ...message.request_headers, end_of_stream: true } };
  const placed: (string | undefined)[] = [];
  for (let nth = 0; nth < count; nth += 1) {
    const exchange = new ProxyExchange(client);
    exchange.write(get);
    await eventually(() => exchange.isOver);
    placed.push(podIn(exchange.replies[0] as ProcessingResponse__Output));
  }
  client.close();
  return placed;
}

/** All running instances have fresh readings, and agree on who asks which pod. */
async function agreedAskers(running: readonly Baton[]): Promise<ReadonlySet<string>> {
  let askers = new Set<string>();
  await eventually(async () => {
    const views = await Promise.all(running.map(endpointsOf));
    const asked = views.map((view) => view.map(({ reading }) => (reading?.used ? reading.from : undefined)));
    for (const one of asked) expect(one).toEqual(asked[0]);
    expect(asked[0]).not.toContain(undefined);
    askers = new Set(asked[0] as string[]);
    const names = new Set(running.map(({ name }) => name));
    expect([...askers].every((id) => names.has(id))).toBe(true);
  });
  return askers;
}

describe('instances whose responses are left to the gateway', () => {
  beforeAll(async () => {
    for (let nth = 0; nth < 6; nth += 1) pods.push(await startPodsim({ id: `pod-${nth}` }));
    cluster = await BatonCluster.start({
      pool: { endpoints: pods.map(({ address }) => address), probe: { enabled: false } },
      etcd: { leaseTtlSeconds: 2 },
      drain: { noticeMs: 0, quietMs: 0 },
      gateway: { leftRequestMs: 60_000 },
    });
    for (const id of ['a', 'b', 'c']) instances.push(await cluster.instance(id));
    await Promise.all(instances.map((one) => one.start()));
  }, 120_000);
  afterAll(async () => {
    await cluster.stop();
    await Promise.all(pods.map((pod) => pod.stop()));
  });

  it('ask no pod until the first one is left', async () => {
    for (const pod of pods) {
      const { text } = await sendHttp(`http://${pod.address}/podsim/metrics`);
      expect(JSON.parse(text)).toMatchObject({ asked: 0 });
    }
  });

  it('ask each pod once for all of them', async () => {
    for (const instance of instances) await leave(instance, 1);
    await eventually(async () => (await agreedAskers(instances)).size > 1);
    const records = await cluster.records();
    for (const { address } of pods) {
      const value = records.get(`signals/${address}`);
      expect(value && decodeReading(value).reading).toMatchObject({ engine: 'vllm', running: 0 });
    }
  });

  it('count by what the pods say, and what was placed since', async () => {
    const [first, second] = pods;
    for (const pod of pods) await setMetrics(pod, { kind: 'say', running: 8, waiting: 2 });
    await setMetrics(first, { kind: 'say', running: 3, waiting: 0 });
    await setMetrics(second, { kind: 'say', running: 8, waiting: 30 });
    for (const instance of instances) {
      await eventually(async () => {
        const known = await endpointsOf(instance);
        const load = (pod: Podsim | undefined) => known.find(({ address }) => address === pod?.address)?.load;
        expect(known.every(({ countedBy }) => countedBy === 'reading')).toBe(true);
        expect([first, second, pods[2]].map((pod) => Math.round(load(pod) ?? 0))).toEqual([3, 38, 10]);
      });
    }
    const placed = await leave(instances[0] as Baton, 4);
    expect(placed).toEqual(Array.from({ length: 4 }, () => first?.address));
    const { stdout } = await cluster.command('status');
    expect(stdout).toContain('8 run, 30 wait');
  });

  it('assume a time again for a pod whose metrics are gone, in the scale of the others', async () => {
    const [first] = pods;
    await setMetrics(first, { kind: 'error' });
    const [instance] = instances as [Baton];
    await eventually(async () => {
      const report = (await endpointsOf(instance)).find(({ address }) => address === first?.address);
      expect(report).toMatchObject({ countedBy: 'assumed', reading: { used: false } });
    });
    for (const pod of pods) await setMetrics(pod, { kind: 'none' });
    await eventually(async () => {
      const known = await endpointsOf(instance);
      expect(known.every(({ countedBy }) => countedBy === 'reading')).toBe(true);
    });
  });

  it('take the pods over of one that is killed', async () => {
    const before = await agreedAskers(instances);
    const killed = instances.find(({ name }) => before.has(name)) as Baton;
    await killed.kill();
    const running = instances.filter((one) => one !== killed);
    expect(await agreedAskers(running)).not.toContain(killed.name);
  });
});
