import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { validate as validateDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as validateConfigMap } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validateBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { parse } from 'yaml';
import { checkFile } from '../../../src/cli/check.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';
import { processEnvOf } from '../config/processEnvOf.ts';

/**
 * The manifests under examples/ against Kubernetes' own schema, from which the package
 * kubernetes-models is generated: its validators find wrong values, its types find names that do
 * not exist. No cluster, no network.
 */
const folder = join(checkoutDir, 'examples', 'kubernetes');
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));

// biome-ignore-start lint/suspicious/noExplicitAny: parsed YAML, whose form the schemas check.
const manifests = new Map<string, any>();
for (const name of files) {
  const manifest = parse(await readFile(join(folder, name), 'utf8'));
  manifests.set(manifest.kind, manifest);
}

interface Validator {
  (manifest: any): boolean;
  errors?: unknown;
}
// biome-ignore-end lint/suspicious/noExplicitAny: parsed YAML

const validators: Readonly<Record<string, Validator>> = {
  ConfigMap: validateConfigMap,
  Deployment: validateDeployment,
  PodDisruptionBudget: validateBudget,
  Service: validateService,
};
const modules: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Deployment: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  Service: 'v1',
};

describe.each(files)('%s', (file) => {
  it('has values of the right form', async () => {
    const manifest = parse(await readFile(join(folder, file), 'utf8'));
    expect(problemsOf(manifest)).toEqual([]);
  });
});

it('names nothing that Kubernetes does not know', async () => {
  expect(await unknownNames([...manifests.values()])).toBe('');
});

describe('the checks themselves', () => {
  const deployment = manifests.get('Deployment');

  it('find a value of the wrong form', () => {
    const wrong = { ...deployment, spec: { ...deployment.spec, replicas: '3' } };
    expect(problemsOf(wrong)).toMatchObject([{ instancePath: '/spec/replicas', keyword: 'type' }]);
  });

  it('find a misspelt name', async () => {
    const wrong = { ...deployment, spec: { ...deployment.spec, minReadySecond: 5 } };
    expect(await unknownNames([wrong])).toMatch(/minReadySecond.* does not exist/);
  });
});

describe('the manifests together', () => {
  const { spec } = manifests.get('Deployment');
  const pod = spec.template.spec;
  const [container] = pod.containers;
  const baton = manifests.get('ConfigMap').data['baton.yaml'];

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
    expect(manifests.get('Service').spec.ports[0]).toMatchObject({ port, targetPort: 'grpc' });
  });

  it('select the same pods, and mount the configuration that there is', () => {
    const { labels } = spec.template.metadata;
    expect(spec.selector.matchLabels).toEqual(labels);
    expect(manifests.get('Service').spec.selector).toEqual(labels);
    expect(manifests.get('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(pod.volumes[0].configMap.name).toBe(manifests.get('ConfigMap').metadata.name);
  });
});

function problemsOf(manifest: { kind: string }): unknown {
  const validate = validators[manifest.kind];
  if (!validate) return [`no schema for ${manifest.kind}`];
  return validate(manifest) ? [] : validate.errors;
}

/** What the compiler says when the manifests are written down as values of Kubernetes' types. */
async function unknownNames(all: readonly { kind: string }[]): Promise<string> {
  // Inside the checkout, where the compiler finds the package.
  const parent = join(checkoutDir, '.run', 'tests');
  await mkdir(parent, { recursive: true });
  const dir = await mkdtemp(join(parent, 'manifests-'));
  try {
    const file = join(dir, 'manifests.ts');
    const lines = all.map((manifest, nth) => {
      const type = `import('kubernetes-models/${modules[manifest.kind]}').I${manifest.kind}`;
      return `export const m${nth}: ${type} = ${JSON.stringify(manifest)};`;
    });
    await writeFile(file, lines.join('\n'));
    const tsc = join(checkoutDir, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--skipLibCheck',
      '--types',
      '',
      '--ignoreConfig',
    ];
    await promisify(execFile)(process.execPath, [tsc, ...flags, file]);
    return '';
  } catch (error) {
    return (error as { stdout?: string }).stdout || String(error);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
