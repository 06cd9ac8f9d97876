import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkFile } from '../../../src/cli/check.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';
import { type Manifest, schemaProblems, unknownNames } from '../../support/kubernetesSchemas.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

/**
 * The manifests under examples/, a base for kustomize. test/integration/chart.test.ts compares them
 * with what the chart renders.
 */
const folder = join(checkoutDir, 'examples', 'kubernetes');
const files = (await readdir(folder)).filter(
  (name) => name.endsWith('.yaml') && name !== 'kustomization.yaml',
);

const manifests = new Map<string, Manifest>();
for (const name of files) {
  const manifest = parse(await readFile(join(folder, name), 'utf8'));
  manifests.set(manifest.kind, manifest);
}
const manifestOf = (kind: string): Manifest => manifests.get(kind) as Manifest;

describe.each(files)('%s', (file) => {
  it('has values of the right form', async () => {
    const manifest = parse(await readFile(join(folder, file), 'utf8'));
    expect(schemaProblems(manifest)).toEqual([]);
  });
});

it('names nothing that Kubernetes does not know', async () => {
  expect(await unknownNames([...manifests.values()])).toBe('');
});

describe('the checks themselves', () => {
  const deployment = manifestOf('Deployment');

  it('find a value of the wrong form', () => {
    const wrong = { ...deployment, spec: { ...deployment.spec, replicas: '3' } };
    expect(schemaProblems(wrong)).toMatchObject([{ instancePath: '/spec/replicas', keyword: 'type' }]);
  });

  it('find a misspelt name', async () => {
    const wrong = { ...deployment, spec: { ...deployment.spec, minReadySecond: 5 } };
    expect(await unknownNames([wrong])).toMatch(/minReadySecond.* does not exist/);
  });
});

describe('the manifests together', () => {
  const { spec } = manifestOf('Deployment');
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const baton = manifestOf('ConfigMap').data['baton.yaml'];

  it('carry a valid configuration', async () => {
    const env = processEnvOf({ files: { 'baton.yaml': baton } });
    expect(await checkFile('baton.yaml', {}, env)).toBe('baton.yaml: ok\n');
  });

  it('give a draining pod more time than its grace', () => {
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(
      parse(baton).drain.graceMs + 10_000,
    );
  });

  it('never have fewer replicas than wanted during an upgrade', () => {
    expect(spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
    });
  });

  it('ask for readiness and liveness by their names, on the port that Baton listens on', () => {
    const port = Number(parse(baton).server.address.split(':').at(-1));
    expect(container.readinessProbe.grpc).toEqual({ port, service: 'readiness' });
    expect(container.livenessProbe.grpc).toEqual({ port, service: 'liveness' });
    expect(container.ports).toEqual([{ name: 'grpc', containerPort: port }]);
    expect(manifestOf('Service').spec.ports[0]).toMatchObject({ port, targetPort: 'grpc' });
  });

  it('select the same pods, and mount the configuration that there is', () => {
    const { labels } = spec.template.metadata;
    expect(spec.selector.matchLabels).toEqual(labels);
    expect(manifestOf('Service').spec.selector).toEqual(labels);
    expect(manifestOf('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(manifestOf('NetworkPolicy').spec.podSelector.matchLabels).toEqual(labels);
    expect(pod.serviceAccountName).toBe(manifestOf('ServiceAccount').metadata.name);
    expect(pod.volumes[0].configMap.name).toBe(manifestOf('ConfigMap').metadata.name);
  });
});

describe('the kustomization', () => {
  it('lists every manifest', async () => {
    const { kind, resources } = parse(await readFile(join(folder, 'kustomization.yaml'), 'utf8'));
    expect({ kind, resources }).toEqual({ kind: 'Kustomization', resources: files.toSorted() });
  });
});
