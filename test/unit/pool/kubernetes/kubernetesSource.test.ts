import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesSettings } from '../../../../src/pool/kubernetes/access.ts';
import { KubernetesSource } from '../../../../src/pool/kubernetes/kubernetesSource.ts';
import type { Endpoint } from '../../../../src/scheduling/endpoint.ts';
import { eventually } from '../../../support/eventually.ts';
import { type ApiObject, KubernetesApi } from '../../../support/kubernetesApi.ts';
import { tlsBytes, tlsFile } from '../../../support/tlsFixtures.ts';
import { RecordedReport } from '../recordedReport.ts';

const podsPath = '/api/v1/namespaces/models/pods';
const poolsPath = '/apis/inference.networking.k8s.io/v1/namespaces/models/inferencepools';
const longWait = { timeoutMs: 30_000 };

interface PodTraits {
  readonly labels?: Readonly<Record<string, string>>;
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

function pod(name: string, podIP: string | undefined, traits: PodTraits = {}): ApiObject {
  const { annotations, labels = { app: 'vllm' }, ready = true, terminating = false } = traits;
  const deletion = terminating ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  const metadata = { name, namespace: 'models', labels, ...(annotations && { annotations }), ...deletion };
  return { metadata, status: { ...(podIP !== undefined && { podIP }), conditions } };
}

function inferencePool(matchLabels: Readonly<Record<string, string>>, ...ports: number[]): ApiObject {
  const targetPorts = ports.map((number) => ({ number }));
  return {
    metadata: { name: 'llama', namespace: 'models' },
    spec: { selector: { matchLabels }, targetPorts },
  };
}

let api: KubernetesApi;
let report: RecordedReport;
let source: KubernetesSource | undefined;
let updates: string[][];
let last: readonly Endpoint[];

async function follow(settings: Partial<KubernetesSettings> = {}, of: KubernetesApi = api): Promise<void> {
  const base = {
    selector: 'app=vllm',
    ports: [8000],
    namespace: 'models',
    nodeZones: false,
    modelRewrites: false,
  };
  const all = { ...base, apiServer: of.url, ...settings };
  source = new KubernetesSource(all, { report, environment: {}, pauseMs: 20 });
  await source.start((endpoints) => {
    last = endpoints;
    updates.push(endpoints.map(({ address }) => address).sort());
  });
}

const hasPods = (...addresses: string[]) =>
  eventually(() => expect(updates.at(-1)).toEqual(addresses.sort()), longWait);
const isWatching = (count = 1) => eventually(() => expect(api.openWatches).toBe(count), longWait);

beforeEach(async () => {
  api = await new KubernetesApi().start();
  api.know(podsPath);
  report = new RecordedReport();
  updates = [];
  last = [];
});
afterEach(async () => {
  await source?.stop();
  source = undefined;
  await api.stop();
});

describe('the pods of a selector', () => {
  it('are endpoints while they are ready, by each port, with their labels', async () => {
    api.put(podsPath, pod('a', '10.0.0.1', { labels: { app: 'vllm', zone: 'x' } }));
    api.put(podsPath, pod('b', '2001:DB8::0:1'));
    api.put(podsPath, pod('starting', '10.0.0.3', { ready: false }));
    api.put(podsPath, pod('leaving', '10.0.0.4', { terminating: true }));
    api.put(podsPath, pod('pending', undefined));
    api.put(podsPath, pod('other', '10.0.0.5', { labels: { app: 'web' } }));
    api.put(
      podsPath,
      pod('half', '10.0.0.6', { annotations: { 'inference.networking.k8s.io/active-ports': '8001' } }),
    );
    await follow({ ports: [8000, 8001] });
    await hasPods(
      ...['10.0.0.1:8000', '10.0.0.1:8001', '10.0.0.6:8001'],
      ...['[2001:db8::1]:8000', '[2001:db8::1]:8001'],
    );
    expect(last[0]).toEqual({
      name: 'a',
      address: '10.0.0.1:8000',
      weight: 1,
      labels: { app: 'vllm', zone: 'x' },
      models: [],
    });
  });

  it('follow every change: new, ready, unready, other labels, leaving, gone', async () => {
    await follow();
    await hasPods();
    await isWatching();
    api.put(podsPath, pod('a', '10.0.0.1', { ready: false }));
    api.put(podsPath, pod('b', '10.0.0.2'));
    await hasPods('10.0.0.2:8000');
    api.put(podsPath, pod('a', '10.0.0.1'));
    await hasPods('10.0.0.1:8000', '10.0.0.2:8000');
    api.put(podsPath, pod('b', '10.0.0.2', { labels: { app: 'web' } }));
    await hasPods('10.0.0.1:8000');
    api.put(podsPath, pod('c', '10.0.0.3'));
    api.put(podsPath, pod('a', '10.0.0.1', { terminating: true }));
    await hasPods('10.0.0.3:8000');
    api.remove(podsPath, 'c');
    await hasPods();
    expect(report.warnings).toEqual([]);
  });

  it('are listed in pages', async () => {
    for (let i = 0; i < 250; i += 1) api.put(podsPath, pod(`p${i}`, `10.0.${i}.1`));
    await follow();
    await eventually(() => expect(updates.at(-1)).toHaveLength(250), longWait);
    await isWatching();
    expect(api.requests.filter(({ query }) => query.watch === undefined)).toHaveLength(3);
  });
});

describe('the pods of an InferencePool', () => {
  it('are those that it selects, by its ports, whatever it changes to, and none when it is gone', async () => {
    api.put(podsPath, pod('a', '10.0.0.1'));
    api.put(podsPath, pod('b', '10.0.0.2', { labels: { app: 'sglang' } }));
    api.put(poolsPath, inferencePool({ app: 'vllm' }, 8000));
    api.put(poolsPath, { ...inferencePool({ app: 'sglang' }, 1), metadata: { name: 'stranger' } });
    const settings: KubernetesSettings = {
      inferencePool: 'llama',
      ports: [],
      namespace: 'models',
      nodeZones: false,
      modelRewrites: false,
      apiServer: api.url,
    };
    source = new KubernetesSource(settings, { report, environment: {}, pauseMs: 20 });
    await source.start((endpoints) => updates.push(endpoints.map(({ address }) => address).sort()));
    await hasPods('10.0.0.1:8000');
    await isWatching(2);
    api.put(poolsPath, inferencePool({ app: 'vllm' }, 8000, 8001));
    await hasPods('10.0.0.1:8000', '10.0.0.1:8001');
    api.put(poolsPath, inferencePool({ app: 'sglang' }, 9000));
    await hasPods('10.0.0.2:9000');
    await isWatching(2);
    api.remove(poolsPath, 'llama');
    await hasPods();
    await isWatching(1);
    expect(report.warnings).toMatchObject([
      { fields: { event: 'kubernetes.pool-missing', namespace: 'models', inferencePool: 'llama' } },
    ]);
    api.put(poolsPath, inferencePool({ app: 'vllm' }, 8000));
    await hasPods('10.0.0.1:8000');
    expect(updates.filter((list) => list.length === 0)).toHaveLength(1);
  });

  it('are not known in a cluster without that kind, and the log says so', async () => {
    const base = {
      inferencePool: 'llama',
      ports: [],
      namespace: 'models',
      nodeZones: false,
      modelRewrites: false,
    };
    const settings = { ...base, apiServer: api.url };
    source = new KubernetesSource(settings, { report, environment: {}, pauseMs: 20 });
    await source.start((endpoints) => updates.push(endpoints.map(({ address }) => address)));
    await eventually(() => expect(report.reasons.join()).toContain('answered 404'), longWait);
    expect(updates).toEqual([]);
  });
});

describe('when watches end', () => {
  beforeEach(async () => {
    api.put(podsPath, pod('a', '10.0.0.1'));
    await follow();
    await hasPods('10.0.0.1:8000');
    await isWatching();
  });
  const lists = () => api.requests.filter(({ query }) => query.watch === undefined).length;

  it.each(['end', 'destroy'] as const)(
    'goes on from the last version, without a new list (%s)',
    async (how) => {
      api.cutWatches(how);
      api.put(podsPath, pod('b', '10.0.0.2'));
      await hasPods('10.0.0.1:8000', '10.0.0.2:8000');
      expect(lists()).toBe(1);
      expect(report.warnings).toEqual([]);
    },
  );

  it('goes on from a bookmark when everything before it is compacted', async () => {
    api.compact();
    api.bookmark();
    api.put(podsPath, pod('b', '10.0.0.2'));
    await hasPods('10.0.0.1:8000', '10.0.0.2:8000');
    api.cutWatches();
    await isWatching();
    api.put(podsPath, pod('c', '10.0.0.3'));
    await hasPods('10.0.0.1:8000', '10.0.0.2:8000', '10.0.0.3:8000');
    expect(lists()).toBe(1);
  });

  it('lists again when its version is compacted away (410), and misses nothing', async () => {
    await api.stop();
    api.put(podsPath, pod('b', '10.0.0.2'));
    api.remove(podsPath, 'a');
    api.compact();
    await api.start();
    await hasPods('10.0.0.2:8000');
    expect(lists()).toBe(2);
  });
});

describe('when the API server is lost', () => {
  beforeEach(async () => {
    api.put(podsPath, pod('a', '10.0.0.1'));
    await follow();
    await hasPods('10.0.0.1:8000');
    await isWatching();
  });

  it.each([
    ['it dies', () => api.stop(), 'ECONNREFUSED'],
    [
      'it forbids',
      () => break_({ status: 403, message: 'pods is forbidden: no RBAC' }),
      '403: pods is forbidden',
    ],
    ['it is overloaded', () => break_({ status: 429, message: 'slow down' }), '429'],
    ['it fails', () => break_({ status: 500, message: '' }), '500'],
    ['something else answers', () => break_('garbage'), 'no JSON'],
    ['a watch has garbage', () => api.sendRaw('{"type":"MODIFIED","object":7}\n'), 'no event'],
    ['a watch has half a line', () => api.sendRaw('{"type\n'), 'no JSON'],
  ])('keeps the last pods, says so once, counts, and catches up: %s', async (_what, lose, reason) => {
    await lose();
    await eventually(() => expect(report.reasons.join()).toContain(reason), longWait);
    await eventually(() => expect(report.counts.length).toBeGreaterThanOrEqual(1), longWait);
    expect(report.counts[0]).toBe('lost-api kubernetes');
    for (const update of updates) expect(update).toEqual(['10.0.0.1:8000']);
    api.fault = undefined;
    await api.stop();
    await api.start();
    api.put(podsPath, pod('b', '10.0.0.2'));
    await hasPods('10.0.0.1:8000', '10.0.0.2:8000');
    await eventually(() => expect(report.infos.at(-1)?.fields.event).toBe('kubernetes.followed'), longWait);
    expect(updates.filter((list) => list.length === 0)).toEqual([]);
    const events = report.warnings.map(({ fields }) => fields.reason);
    expect(events.length).toBe(new Set(events).size);
  });

  function break_(fault: KubernetesApi['fault']): void {
    api.fault = fault;
    api.cutWatches();
  }
});

describe('over TLS, with a token', () => {
  it('reads the renewed token, and trusts the CA that is given', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'baton-kubernetes-'));
    const tls = { cert: tlsBytes('server.pem'), key: tlsBytes('server.key') };
    const secure = await new KubernetesApi({ token: 'first', tls }).start();
    try {
      const tokenFile = join(dir, 'token');
      await writeFile(tokenFile, 'first\n');
      secure.put(podsPath, pod('a', '10.0.0.1'));
      await follow({ tokenFile, caFile: tlsFile('ca.pem') }, secure);
      await hasPods('10.0.0.1:8000');
      await eventually(() => secure.openWatches === 1, longWait);
      secure.token = 'second';
      secure.cutWatches();
      secure.put(podsPath, pod('b', '10.0.0.2'));
      await eventually(() => expect(report.reasons.join()).toContain('answered 401'), longWait);
      await writeFile(tokenFile, 'second');
      await hasPods('10.0.0.1:8000', '10.0.0.2:8000');
    } finally {
      await source?.stop();
      await secure.stop();
      await rm(dir, { recursive: true });
    }
  });

  it('does not speak to a server of another authority', async () => {
    const tls = { cert: tlsBytes('server.pem'), key: tlsBytes('server.key') };
    const secure = await new KubernetesApi({ tls }).start();
    try {
      await follow({ caFile: tlsFile('other-ca.pem') }, secure);
      await eventually(() => expect(report.reasons.join()).toMatch(/certificate/i), longWait);
      expect(secure.requests).toEqual([]);
      expect(updates).toEqual([]);
    } finally {
      await source?.stop();
      await secure.stop();
    }
  });
});

describe('outside of a cluster', () => {
  it('needs to be told where the API server is', async () => {
    const settings = { selector: 'app=vllm', ports: [8000], nodeZones: false, modelRewrites: false };
    source = new KubernetesSource(settings, { report, environment: {} });
    await expect(source.start(() => {})).rejects.toMatchObject({
      code: 'endpoints-unreadable',
      message: expect.stringContaining('pool.kubernetes.apiServer is needed'),
    });
  });
});

describe('the zone of a pod', () => {
  const nodesPath = '/api/v1/nodes';
  const label = 'topology.kubernetes.io/zone';
  const node = (name: string, zone?: string): ApiObject => ({
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...(zone && { [label]: zone }) } },
    status: { images: ['which are not asked for'] },
  });
  const podOn = (name: string, ip: string, nodeName: string, labels = {}): ApiObject => ({
    ...pod(name, ip, { labels: { app: 'vllm', ...labels } }),
    spec: { nodeName },
  });
  const zones = () => last.map(({ labels }) => labels[label] ?? labels.zone).sort();

  it("is its node's, unless its own labels name one, and follows the node", async () => {
    api.put(nodesPath, node('n1', 'a'));
    api.put(nodesPath, node('n2'));
    api.put(podsPath, podOn('p1', '10.0.0.1', 'n1'));
    api.put(podsPath, podOn('p2', '10.0.0.2', 'n2'));
    api.put(podsPath, podOn('p3', '10.0.0.3', 'n1', { zone: 'own' }));
    await follow({ nodeZones: true });
    await eventually(() => expect(zones()).toEqual(['a', 'own', undefined]), longWait);
    expect(last.find(({ address }) => address === '10.0.0.3:8000')?.labels).toEqual({
      app: 'vllm',
      zone: 'own',
    });
    await isWatching(2);
    const before = updates.length;
    api.put(nodesPath, { ...node('n1', 'a'), heartbeat: 1 });
    api.put(nodesPath, node('n2', 'b'));
    await eventually(() => expect(zones()).toEqual(['a', 'b', 'own']), longWait);
    expect(updates).toHaveLength(before + 1);
  });

  it('is not known where nodes are forbidden, which is said once and costs nothing else', async () => {
    api.know(nodesPath);
    api.forbidden.add(nodesPath);
    api.put(podsPath, podOn('p1', '10.0.0.1', 'n1'));
    await follow({ nodeZones: true });
    await hasPods('10.0.0.1:8000');
    const asked = () => api.requests.filter(({ path }) => path === nodesPath).length;
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(3), longWait);
    api.forbidden.clear();
    api.fault = { status: 500, message: 'another reason' };
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(5), longWait);
    const events = report.infos.map(({ fields }) => fields.event);
    expect([zones(), report.counts, report.warnings, events]).toEqual([
      [undefined],
      [],
      [],
      ['kubernetes.no-zones'],
    ]);
  });
});
