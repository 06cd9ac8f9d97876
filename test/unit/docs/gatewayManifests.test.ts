import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { checkoutDir } from '../../../tools/testbed/tools.ts';
import { readBlocks } from '../../support/documentedCommands.ts';
import { gatewayShapes } from '../../support/gatewayShapes.ts';

/**
 * The manifests of docs/gateways/: each kind against the fields that are published for it, and
 * those of one page against each other.
 */
const pages = globSync('docs/gateways/*.md', { cwd: checkoutDir }).sort();

// biome-ignore lint/suspicious/noExplicitAny: parsed YAML, whose form the shapes check.
type Manifest = any;

const manifestsOf = (page: string): Manifest[] =>
  readBlocks(page)
    .filter(({ language, text }) => language === 'yaml' && !text.startsWith('# baton.yaml'))
    .flatMap(({ text }) => parseAllDocuments(text).map((document) => document.toJS()));

function problemsOf(manifest: Manifest): string[] {
  const shape = gatewayShapes[manifest?.kind];
  if (shape === undefined) return [`no shape for ${manifest?.kind}`];
  const { error } = shape.safeParse(manifest);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

it('there is a page for each gateway, and each has manifests', () => {
  expect(pages.length).toBeGreaterThanOrEqual(8);
  expect(pages.filter((page) => manifestsOf(page).length === 0)).toEqual([]);
});

describe.each(pages)('%s', (page) => {
  const manifests = manifestsOf(page);
  const baton = readBlocks(page).find(({ text }) => text.startsWith('# baton.yaml'));

  it('has manifests of the published form', () => {
    expect(manifests.flatMap(problemsOf)).toEqual([]);
  });

  it('sends requests to the port that Baton listens on, and to the pool that it serves', () => {
    const { server, pool } = parse(baton?.text ?? '');
    const listens = Number(server.address.split(':').at(-1));
    const pools = manifests.filter(({ kind }) => kind === 'InferencePool');
    const pickers = [
      ...pools.map(({ spec }) => spec.endpointPickerRef),
      ...manifests.flatMap(({ spec }) => (spec.extProc ?? []).flatMap((each: Manifest) => each.backendRefs)),
    ];
    for (const { name, port } of pickers) {
      expect({ name, port: port.number ?? port }).toEqual({ name: 'baton', port: listens });
    }
    if (pools.length > 0)
      expect(pools.map(({ metadata }) => metadata.name)).toContain(pool.kubernetes.inferencePool);
  });

  it('has routes to what is there', () => {
    const named = manifests
      .flatMap(({ spec }) => spec.rules ?? [])
      .flatMap(({ backendRefs }: Manifest) => backendRefs)
      .filter(({ kind }: Manifest) => kind === 'InferencePool');
    const pools = manifests
      .filter(({ kind }) => kind === 'InferencePool')
      .map(({ metadata }) => metadata.name);
    for (const { name } of named) expect(pools).toContain(name);
    const targets = manifests.flatMap(({ spec }) => spec.targetRefs ?? []);
    for (const { kind, name } of targets.filter((target: Manifest) => target.kind === 'HTTPRoute')) {
      expect(manifests).toContainEqual(
        expect.objectContaining({ kind, metadata: expect.objectContaining({ name }) }),
      );
    }
  });
});

describe('the EnvoyFilter of Istio', () => {
  const [filterOfIstio] = manifestsOf('docs/gateways/istio.md').filter(({ kind }) => kind === 'EnvoyFilter');
  const [first, second] = filterOfIstio.spec.configPatches;
  const shipped = parse(readFileSync(join(checkoutDir, 'envoy/envoy.yaml'), 'utf8')).static_resources;

  it('has the values of envoy.yaml, which run', () => {
    const [manager] = shipped.listeners[0].filter_chains[0].filters;
    const filter = manager.typed_config.http_filters.find(
      ({ name }: Manifest) => name === 'envoy.filters.http.ext_proc',
    ).typed_config;
    const { grpc_service: service, ...documented } = first.patch.value.typed_config;
    expect(filter).toMatchObject(documented);
    expect(service.envoy_grpc.cluster_name).toMatch(/^outbound\|9002\|\|baton\./);
  });

  it('and the policy of its cluster', () => {
    const pods = shipped.clusters.find(({ name }: Manifest) => name === 'model_pods');
    expect(second.patch.value.load_balancing_policy).toEqual(pods.load_balancing_policy);
  });
});

describe('the shapes themselves', () => {
  const [policy] = manifestsOf('docs/gateways/envoy-gateway.md').filter(
    ({ kind }) => kind === 'EnvoyExtensionPolicy',
  );

  it.each<[string, (spec: Manifest) => void]>([
    ['a misspelt name', (spec) => Object.assign(spec.extProc[0], { failOpn: true })],
    [
      'a value that is none',
      (spec) => Object.assign(spec.extProc[0].processingMode.response, { body: 'streamed' }),
    ],
    ['a port that is a text', (spec) => Object.assign(spec.extProc[0].backendRefs[0], { port: '9002' })],
    ['a target without a kind', (spec) => delete spec.targetRefs[0].kind],
  ])('find %s', (_what, spoil) => {
    const wrong = structuredClone(policy);
    spoil(wrong.spec);
    expect(problemsOf(policy)).toEqual([]);
    expect(problemsOf(wrong)).toHaveLength(1);
  });
});
