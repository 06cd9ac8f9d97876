import type { EnvoyBootstrap } from '../../../tools/testbed/envoyAddresses.ts';
import { ClosingPod, type ConnectionUse } from '../../support/closingPod.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { sendHttp } from '../../support/sendHttp.ts';
import { useTopology } from '../../support/topology.ts';

/** A request meets a connection that its pod just closes. */
const pods: ClosingPod[] = [];
afterAll(() => Promise.all(pods.map((pod) => pod.stop())));
checkForLeaks();

async function startPod(hasClosed: (use: ConnectionUse) => boolean): Promise<string> {
  const pod = await ClosingPod.start(hasClosed);
  pods.push(pod);
  return pod.address;
}

/** The shortest that inference servers have by default (gunicorn). */
const keepAliveMs = 2_000;
const atOnce = 8;

describe('when pods close connections that are idle for two seconds', () => {
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: [await startPod(({ idleMs }) => idleMs >= keepAliveMs)],
  }));

  it('Envoy has closed them before, and no request fails', async () => {
    const [pod] = pods as [ClosingPod];
    await sendAll(topology().chatUrl);
    expect(pod.idleMs.length).toBeGreaterThan(0);
    await eventually(() => expect(Math.min(...pod.idleMs)).toBeGreaterThan(keepAliveMs));
    await sendAll(topology().chatUrl);
  });
});

describe('when pods close connections without notice, and Envoy uses each for one request', () => {
  const topology = useTopology(async () => ({
    instances: 1,
    etcd: false,
    externalPods: [await startPod(({ requests }) => requests > 0)],
    amendEnvoy: useConnectionsOnce,
  }));

  it('no request fails', async () => {
    for (let nth = 0; nth < 5; nth += 1) await sendAll(topology().chatUrl);
  });
});

async function sendAll(url: string): Promise<void> {
  const body = { messages: [] };
  const answers = await Promise.all(Array.from({ length: atOnce }, () => sendHttp(url, { body })));
  expect(answers.map(({ status }) => status)).toEqual(Array(atOnce).fill(200));
}

/** As the comment on `idle_timeout` in envoy.yaml says. */
function useConnectionsOnce({ static_resources: { clusters } }: EnvoyBootstrap): void {
  const cluster = clusters.find(({ name }) => name === 'model_pods');
  const options = Object.values(cluster?.typed_extension_protocol_options ?? {}) as {
    common_http_protocol_options: Record<string, unknown>;
  }[];
  for (const { common_http_protocol_options } of options)
    common_http_protocol_options.max_requests_per_connection = 1;
}
