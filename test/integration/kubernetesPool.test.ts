import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterLoadAssignmentCodec } from '../../src/proto/services.ts';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { replyTo } from '../support/decideOnce.ts';
import { DiscoveryClient } from '../support/discoveryClient.ts';
import { eventually } from '../support/eventually.ts';
import { KubernetesApi } from '../support/kubernetesApi.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';

/** From the API server of a cluster to the cluster of an Envoy, through one instance. */
checkForLeaks();

const longWait = { timeoutMs: 60_000 };
const podsPath = '/api/v1/namespaces/models/pods';
const poolsPath = '/apis/inference.networking.k8s.io/v1/namespaces/models/inferencepools';
const rewritesPath = '/apis/llm-d.ai/v1alpha2/namespaces/models/inferencemodelrewrites';

describe('an instance whose pool is an InferencePool of another cluster', () => {
  let dir = '';
  let api: KubernetesApi;
  let baton: Baton;
  let envoy: DiscoveryClient | undefined;

  const kubeconfig = () => join(dir, 'kubeconfig');
  const writeKubeconfig = (token: string) =>
    writeFile(
      kubeconfig(),
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'models' } }],
        clusters: [{ name: 'c', cluster: { server: api.url } }],
        users: [{ name: 'u', user: { token } }],
      }),
    );
  const putPod = (name: string, podIP: string, nodeName: string) =>
    api.put(podsPath, {
      metadata: { name, namespace: 'models', labels: { app: 'vllm' } },
      spec: { nodeName },
      status: { podIP, conditions: [{ type: 'Ready', status: 'True' }] },
    });
  /** The addresses of the last list that Envoy got, by zone. */
  const zonesOfEnvoy = () => {
    const [any] = (envoy?.responses.at(-1)?.resources ?? []) as readonly { readonly value: Buffer }[];
    const { endpoints = [] } = any ? clusterLoadAssignmentCodec.deserialize(any.value) : {};
    const zones = endpoints.map(({ lb_endpoints: members = [], locality }) => {
      const ips = members.map(({ endpoint }) => endpoint?.address?.socket_address?.address);
      return [locality?.zone ?? '', ips.sort()];
    });
    return Object.fromEntries(zones);
  };
  const envoyHas = async (zones: Readonly<Record<string, readonly string[]>>) => {
    await eventually(() => {
      envoy?.answer(['default']);
      expect(zonesOfEnvoy()).toEqual(zones);
    }, longWait);
    const addresses = (await baton.state()).pool.map(({ address }) => address).sort();
    const listed = Object.values(zones).flat();
    expect(addresses).toEqual(listed.map((ip) => `${ip}:8000`).sort());
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-kubernetes-pool-'));
    api = await new KubernetesApi({ token: 'first' }).start();
    for (const [name, zone] of Object.entries({ n1: 'a', n2: 'b' })) {
      api.put('/api/v1/nodes', { metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } } });
    }
    api.put(poolsPath, {
      metadata: { name: 'llama', namespace: 'models' },
      spec: { selector: { matchLabels: { app: 'vllm' } }, targetPorts: [{ number: 8000 }] },
    });
    putPod('p1', '10.0.0.1', 'n1');
    putPod('p2', '10.0.0.2', 'n2');
    await writeKubeconfig('first');
    baton = new Baton({
      name: 'kubernetes',
      port: await freePort(),
      adminPort: await freePort(),
      dir,
      settings: {
        pool: {
          kubernetes: { inferencePool: 'llama', kubeconfig: kubeconfig(), modelRewrites: true },
          probe: { enabled: false },
        },
        scheduling: { aliasHeader: 'x-pod-model' },
        drain: { noticeMs: 0, quietMs: 0 },
      },
    });
    await baton.start();
    envoy = new DiscoveryClient(baton.address, 'StreamEndpoints');
    envoy.subscribe('default');
  }, 120_000);
  afterAll(async () => {
    envoy?.close();
    await baton.stop();
    await api.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('gives Envoy its pods, in the zones of their nodes, and warns of no label', async () => {
    await envoyHas({ a: ['10.0.0.1'], b: ['10.0.0.2'] });
    putPod('p3', '10.0.0.3', 'n1');
    await envoyHas({ a: ['10.0.0.1', '10.0.0.3'], b: ['10.0.0.2'] });
    expect(logLines(baton, 'endpoint.traits-unused')).toEqual([]);
  }, 120_000);

  it('takes the aliases of the cluster, and gives them up', async () => {
    const modelFor = async (model: string) => {
      const { request_headers: decided } = await replyTo(baton.address, { 'x-baton-model': model });
      const headers = decided?.response?.header_mutation?.set_headers ?? [];
      return headers.find(({ header }) => header?.key === 'x-pod-model')?.header?.raw_value?.toString();
    };
    expect(await modelFor('chat')).toBeUndefined();
    const targets = [{ modelRewrite: 'chat-v2', weight: 1 }];
    const rules = [{ matches: [{ model: { type: 'Exact', value: 'chat' } }], targets }];
    api.put(rewritesPath, {
      metadata: { name: 'chat', namespace: 'models' },
      spec: { poolRef: { name: 'llama' }, rules },
    });
    await eventually(async () => expect(await modelFor('chat')).toBe('chat-v2'), longWait);
    expect(await modelFor('other')).toBeUndefined();
    api.remove(rewritesPath, 'chat');
    await eventually(async () => expect(await modelFor('chat')).toBeUndefined(), longWait);
  }, 120_000);

  it('keeps the pods while the API server is gone, and goes on with a renewed token', async () => {
    const before = { a: ['10.0.0.1', '10.0.0.3'], b: ['10.0.0.2'] };
    await api.stop();
    await eventually(() => expect(logLines(baton, 'kubernetes.lost').length).toBeGreaterThan(0), longWait);
    await envoyHas(before);
    api.token = 'second';
    api.remove(podsPath, 'p1');
    await api.start();
    const wasRefused = () =>
      logLines(baton, 'kubernetes.lost').some(({ reason }) => /401/.test(String(reason)));
    await eventually(() => expect(wasRefused()).toBe(true), longWait);
    await envoyHas(before);
    await writeKubeconfig('second');
    await envoyHas({ a: ['10.0.0.3'], b: ['10.0.0.2'] });
  }, 120_000);
});
