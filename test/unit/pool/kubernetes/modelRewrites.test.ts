import type { KubernetesSettings } from '../../../../src/pool/kubernetes/access.ts';
import { KubernetesSource } from '../../../../src/pool/kubernetes/kubernetesSource.ts';
import { aliasesOfRewrites, readModelRewrite } from '../../../../src/pool/kubernetes/modelRewrites.ts';
import type { AliasTable } from '../../../../src/scheduling/modelAliases.ts';
import { eventually } from '../../../support/eventually.ts';
import { type ApiObject, KubernetesApi } from '../../../support/kubernetesApi.ts';
import { RecordedReport } from '../recordedReport.ts';

const longWait = { timeoutMs: 30_000 };

interface Rule {
  readonly match?: string;
  readonly type?: string;
  readonly targets: unknown;
}

function rewrite(
  name: string,
  rules: readonly Rule[],
  { pool = 'llama', createdAt = '2026-01-01' } = {},
): ApiObject {
  const asWritten = rules.map(({ match, targets, type }) => ({
    ...(match !== undefined && { matches: [{ model: { ...(type && { type }), value: match } }] }),
    targets,
  }));
  return {
    metadata: { name, namespace: 'models', creationTimestamp: createdAt },
    spec: { poolRef: { name: pool }, rules: asWritten },
  };
}

function aliasesOf(...objects: ApiObject[]) {
  const entries = objects.flatMap((object) => {
    const read = readModelRewrite(object);
    return read === undefined ? [] : [[`models/${object.metadata.name}`, read] as const];
  });
  const { skipped, table } = aliasesOfRewrites(new Map(entries), 'llama');
  return { skipped, table: { ...table } };
}

const to = (modelRewrite: string, weight?: number) => ({ modelRewrite, ...(weight && { weight }) });

describe('the aliases of InferenceModelRewrites', () => {
  it('are the targets of each rule with their weights, by the model that it matches', () => {
    const rules = [
      { match: 'chat', targets: [to('chat-v1', 90), to('chat-v2', 10)] },
      { match: 'review', type: 'Exact', targets: [to('review-v1')] },
    ];
    expect(aliasesOf(rewrite('a', rules))).toEqual({
      table: { chat: { 'chat-v1': 90, 'chat-v2': 10 }, review: { 'review-v1': 1 } },
      skipped: 0,
    });
  });

  it('are those of the pool, and of the older object where two have one model', () => {
    const younger = rewrite('a', [{ match: 'chat', targets: [to('new')] }], { createdAt: '2026-02-01' });
    const older = rewrite('b', [{ match: 'chat', targets: [to('old')] }]);
    const stranger = rewrite('c', [{ match: 'x', targets: [to('y')] }], { pool: 'other' });
    expect(aliasesOf(younger, older, stranger).table).toEqual({ chat: { old: 1 } });
  });

  it.each<[string, Rule]>([
    ['every model', { targets: [to('any')] }],
    ['a pattern', { match: 'chat.*', type: 'RegularExpression', targets: [to('any')] }],
    ['a model, without a target', { match: 'chat', targets: [] }],
    ['a model, with garbage', { match: 'chat', targets: 7 }],
    ['a model, with a target without a name', { match: 'chat', targets: [{}] }],
    ['a model, with a weight that is none', { match: 'chat', targets: [to('a', -1)] }],
  ])('leave out a rule for %s', (_what, rule) => {
    const good = { match: 'good', targets: [to('better')] };
    expect(aliasesOf(rewrite('a', [rule, good]))).toEqual({ table: { good: { better: 1 } }, skipped: 1 });
  });

  it('take no name for a property of an object', () => {
    const { table } = aliasesOf(rewrite('a', [{ match: '__proto__', targets: [to('__proto__')] }]));
    expect(Object.getPrototypeOf(table)).toBe(Object.prototype);
    expect(Object.keys(table)).toEqual(['__proto__']);
  });
});

describe('a cluster with InferenceModelRewrites', () => {
  const path = (group: string, kind: string) => `/apis/${group}/namespaces/models/${kind}`;
  const rewritesPath = path('llm-d.ai/v1alpha2', 'inferencemodelrewrites');
  const oldPath = path('inference.networking.x-k8s.io/v1alpha2', 'inferencemodelrewrites');
  let api: KubernetesApi;
  let source: KubernetesSource;
  let report: RecordedReport;
  let tables: AliasTable[];

  beforeEach(async () => {
    api = await new KubernetesApi().start();
    api.know(path('inference.networking.k8s.io/v1', 'inferencepools'));
    report = new RecordedReport();
    tables = [];
    const base = { inferencePool: 'llama', ports: [], namespace: 'models', nodeZones: false };
    const settings: KubernetesSettings = { ...base, modelRewrites: true, apiServer: api.url };
    const onAliases = (table: AliasTable) => void tables.push({ ...table });
    source = new KubernetesSource(settings, { report, environment: {}, pauseMs: 20, onAliases });
  });
  afterEach(async () => {
    await source.stop();
    await api.stop();
  });

  it('has them as aliases, by either group, and follows them', async () => {
    api.put(rewritesPath, rewrite('a', [{ match: 'chat', targets: [to('chat-v1')] }]));
    api.know(oldPath);
    await source.start(() => {});
    await eventually(() => expect(tables.at(-1)).toEqual({ chat: { 'chat-v1': 1 } }), longWait);
    await eventually(() => expect(api.openWatches).toBe(3), longWait);
    api.put(oldPath, rewrite('b', [{ match: 'review', targets: [to('review-v1')] }]));
    await eventually(() => expect(Object.keys(tables.at(-1) ?? {})).toEqual(['chat', 'review']), longWait);
    api.remove(rewritesPath, 'a');
    await eventually(() => expect(Object.keys(tables.at(-1) ?? {})).toEqual(['review']), longWait);
  });

  it('may not know the kind, which is no error, and learn it later', async () => {
    await source.start(() => {});
    const asked = () => api.requests.filter(({ path: of }) => of === rewritesPath).length;
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(3), longWait);
    expect([report.counts, report.reasons.join(), tables]).toEqual([
      [],
      expect.not.stringContaining('404'),
      [],
    ]);
    api.put(rewritesPath, rewrite('a', [{ match: 'chat', targets: [to('chat-v1')] }]));
    await eventually(() => expect(tables).toHaveLength(1), longWait);
  });

  it('may forbid to read them, which is said once', async () => {
    api.know(rewritesPath);
    api.forbidden.add(rewritesPath);
    await source.start(() => {});
    const asked = () => api.requests.filter(({ path: of }) => of === rewritesPath).length;
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(3), longWait);
    expect(report.infos.map(({ fields }) => fields.event)).toEqual(['kubernetes.no-rewrites']);
  });
});
