import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubernetesSettings } from '../../src/pool/kubernetes/access.ts';
import { KubernetesSource } from '../../src/pool/kubernetes/kubernetesSource.ts';
import type { AliasTable } from '../../src/scheduling/modelAliases.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { eventually } from '../support/eventually.ts';
import { foreignTool } from '../support/foreignTool.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { RealKubernetesApi, tokens } from '../support/realKubernetesApi.ts';
import { RecordedReport } from '../unit/pool/recordedReport.ts';

/** What the API server of the other tests is meant to be: the real one. */
checkForLeaks();

const tool = foreignTool('kube-apiserver', 'make kube-apiserver');
const longWait = { timeoutMs: 60_000 };
const namespace = 'models';
const podsPath = `/api/v1/namespaces/${namespace}/pods`;
const rolesPath = '/apis/rbac.authorization.k8s.io/v1';
const inferenceGroup = 'inference.networking.k8s.io';
const rewriteGroup = 'llm-d.ai';

tool.describe(`the pods of a cluster, from ${tool.title}`, () => {
  let dir = '';
  let api: RealKubernetesApi;
  let source: KubernetesSource;
  let report: RecordedReport;
  /** Zones by address, of the last list. */
  let zones: Readonly<Record<string, string | undefined>> | undefined;
  let aliases: AliasTable | undefined;

  const hasPods = (...ips: string[]) =>
    eventually(
      () => expect(Object.keys(zones ?? {}).sort()).toEqual(ips.map((ip) => `${ip}:8000`).sort()),
      longWait,
    );
  const ready = (podIP: string, status = 'True') => ({
    status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions: [{ type: 'Ready', status }] },
  });
  const createPod = async (name: string, podIP: string, nodeName = 'n1') => {
    const metadata = { name, namespace, labels: { app: 'vllm' } };
    const spec = { nodeName, containers: [{ name: 'vllm', image: 'vllm' }] };
    await api.send('POST', podsPath, { apiVersion: 'v1', kind: 'Pod', metadata, spec });
    await api.send('PATCH', `${podsPath}/${name}/status`, ready(podIP));
  };
  const createKind = async (group: string, version: string, kind: string) => {
    const plural = `${kind.toLowerCase()}s`;
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
    await api.send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${plural}.${group}`,
        annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
      },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural, singular: kind.toLowerCase() },
        versions: [{ name: version, served: true, storage: true, schema }],
      },
    });
    const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
    await eventually(() => api.send('GET', path), longWait);
    return (name: string, spec: object) =>
      api.send('POST', path, {
        apiVersion: `${group}/${version}`,
        kind,
        metadata: { name, namespace },
        spec,
      });
  };
  /** The role that docs/kubernetes.md names, and rights to more. */
  const grant = async () => {
    const page = await readFile(join(checkoutDir, 'docs/kubernetes.md'), 'utf8');
    const block = page.split('```yaml\n').find((part) => part.includes('kind: Role\n')) ?? '';
    const subjects = [{ kind: 'User', name: 'baton', apiGroup: 'rbac.authorization.k8s.io' }];
    const bind = async (
      folder: string,
      kind: string,
      role: { metadata?: object; [more: string]: unknown },
    ) => {
      const apiVersion = 'rbac.authorization.k8s.io/v1';
      await api.send('POST', `${folder}/${kind.toLowerCase()}s`, { apiVersion, kind, ...role });
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name: 'baton' };
      const metadata = { name: 'baton' };
      await api.send('POST', `${folder}/${kind.toLowerCase()}bindings`, {
        apiVersion,
        kind: `${kind}Binding`,
        metadata,
        roleRef,
        subjects,
      });
    };
    const { rules, metadata } = parse(block.split('```')[0] ?? '') as { rules: object[]; metadata: object };
    const rewrites = { apiGroups: [rewriteGroup], resources: ['inferencemodelrewrites'] };
    const verbs = ['get', 'list', 'watch'];
    await bind(`${rolesPath}/namespaces/${namespace}`, 'Role', {
      metadata,
      rules: [...rules, { ...rewrites, verbs }],
    });
    const nodes = { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] };
    await bind(rolesPath, 'ClusterRole', { metadata: { name: 'baton' }, rules: [nodes] });
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'baton-kube-apiserver-'));
    api = await RealKubernetesApi.start(tool.path, dir);
    const kubeconfig = join(dir, 'kubeconfig');
    await writeFile(
      kubeconfig,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace } }],
        clusters: [{ name: 'c', cluster: { server: api.url, 'certificate-authority': api.caFile } }],
        users: [{ name: 'u', user: { token: tokens.baton } }],
      }),
    );
    await api.send('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    report = new RecordedReport();
    const base = { inferencePool: 'llama', ports: [], nodeZones: true, modelRewrites: true };
    const settings: KubernetesSettings = { ...base, kubeconfig };
    const onAliases = (table: AliasTable) => {
      aliases = { ...table };
    };
    source = new KubernetesSource(settings, { report, environment: {}, pauseMs: 2_000, onAliases });
    await source.start((endpoints) => {
      const label = 'topology.kubernetes.io/zone';
      zones = Object.fromEntries(endpoints.map(({ address, labels }) => [address, labels[label]]));
    });
  }, 300_000);
  afterAll(async () => {
    await source.stop();
    await api.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('are not known while the role forbids them, and come with the role that the documents name', async () => {
    await eventually(() => expect(report.reasons.join()).toContain('answered 403'), longWait);
    const events = () => report.infos.map(({ fields }) => fields.event);
    await eventually(() => expect(events()).toContain('kubernetes.no-zones'), longWait);
    expect(zones).toBeUndefined();
    const createPool = await createKind(inferenceGroup, 'v1', 'InferencePool');
    await grant();
    for (const [name, zone] of Object.entries({ n1: 'a', n2: 'b' })) {
      const labels = { 'topology.kubernetes.io/zone': zone };
      await api.send('POST', '/api/v1/nodes', { metadata: { name, labels } });
    }
    await createPod('p1', '10.0.0.1');
    await createPod('p2', '10.0.0.2', 'n2');
    const selector = { matchLabels: { app: 'vllm' } };
    await createPool('llama', { selector, targetPorts: [{ number: 8000 }] });
    await hasPods('10.0.0.1', '10.0.0.2');
    const expected = { '10.0.0.1:8000': 'a', '10.0.0.2:8000': 'b' };
    await eventually(() => expect(zones).toEqual(expected), longWait);
  }, 180_000);

  it('follow what becomes ready, is no longer, and is being deleted', async () => {
    await createPod('p3', '10.0.0.3');
    await hasPods('10.0.0.1', '10.0.0.2', '10.0.0.3');
    await api.send('PATCH', `${podsPath}/p3/status`, ready('10.0.0.3', 'False'));
    await hasPods('10.0.0.1', '10.0.0.2');
    // No kubelet ends it: it stays, with a deletionTimestamp.
    await api.send('DELETE', `${podsPath}/p2`);
    await hasPods('10.0.0.1');
    expect(await api.send('GET', `${podsPath}/p2`)).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
    });
  }, 180_000);

  it('are listed in pages, and listed again where the server has forgotten what Baton knows', async () => {
    const more = Array.from({ length: 210 }, (_, i) => `10.1.${i >> 7}.${(i & 127) + 1}`);
    for (const [i, ip] of more.entries()) await createPod(`more-${i}`, ip);
    await hasPods('10.0.0.1', ...more);
    const { metadata } = (await api.send('GET', podsPath)) as { metadata: { resourceVersion: string } };
    await api.kill();
    await eventually(() => expect(report.reasons.join()).toContain('ECONNREFUSED'), longWait);
    expect(Object.keys(zones ?? {})).toHaveLength(211);
    await api.skipVersion();
    await api.launch();
    expect(await api.firstEvent(podsPath, metadata.resourceVersion)).toMatchObject({
      type: 'ERROR',
      object: { code: 410 },
    });
    await api.send('DELETE', `${podsPath}/more-0?gracePeriodSeconds=0`);
    await hasPods('10.0.0.1', ...more.slice(1));
  }, 300_000);

  it('have the model aliases of a kind that the cluster learns later', async () => {
    const createRewrite = await createKind(rewriteGroup, 'v1alpha2', 'InferenceModelRewrite');
    const targets = [{ modelRewrite: 'chat-v2', weight: 1 }];
    const rules = [{ matches: [{ model: { type: 'Exact', value: 'chat' } }], targets }];
    await createRewrite('chat', { poolRef: { name: 'llama' }, rules });
    await eventually(() => expect(aliases).toEqual({ chat: { 'chat-v2': 1 } }), { timeoutMs: 90_000 });
  }, 180_000);
});
