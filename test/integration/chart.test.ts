import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { valuesSchema } from '../../scripts/chart/valuesSchema.ts';
import { load } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { readInferencePool } from '../../src/pool/kubernetes/objects.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { hasSchema, type Manifest, schemaProblems, unknownNames } from '../support/kubernetesSchemas.ts';
import { helm, renderChart } from '../support/renderChart.ts';
import { processEnvOf } from '../unit/config/processEnvOf.ts';

/**
 * charts/baton, rendered by Helm's own engine, against Kubernetes' schemas and what Baton needs.
 * Objects of other projects (monitoring.coreos.com, gateway.networking.k8s.io) have no schema here:
 * tests look at their fields, and alerts.test.ts checks the rules.
 */
const image = { repository: 'registry.example.com/baton' };
const etcd = { endpoints: ['http://etcd:2379'] };
const plain = { image, config: { etcd, pool: { kubernetes: { selector: 'app=vllm', ports: [8000] } } } };
const withPool = {
  image,
  etcd: { trial: { enabled: true } },
  inferencePool: { create: true, name: 'llama', matchLabels: { app: 'vllm' }, targetPorts: [8000, 8001] },
  httpRoute: { create: true, parentRefs: [{ name: 'gateway' }] },
};
const everything = {
  ...plain,
  replicas: 5,
  tls: { existingSecret: 'baton-tls', clientCertificates: true },
  etcd: {
    existingSecret: 'etcd-instance',
    tlsSecret: 'etcd-ca',
    clientCertificate: true,
    roles: { apply: true, existingSecret: 'etcd-root', registrars: ['10.0.0.1:8000'] },
  },
  metrics: {
    enabled: true,
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    rules: { enabled: true },
    dashboard: { enabled: true },
  },
  config: {
    ...plain.config,
    etcd: { endpoints: ['https://etcd:2379'] },
    server: { workers: 2 },
    drain: { graceMs: 90_500 },
    limits: { bufferBytes: 134_217_728 },
  },
  podLabels: { team: 'inference' },
  podAnnotations: { note: 'x' },
  image: { ...image, pullSecrets: [{ name: 'registry' }] },
  extraEnv: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=300' }],
  extraVolumes: [{ name: 'extensions', emptyDir: {} }],
  extraVolumeMounts: [{ name: 'extensions', mountPath: '/etc/extensions' }],
  nodeSelector: { pool: 'cpu' },
  tolerations: [{ key: 'cpu', operator: 'Exists' }],
  priorityClassName: 'high',
};

const onTrial = {
  ...withPool,
  tls: { selfSigned: true },
  etcd: { trial: { enabled: true }, roles: { apply: true, registrars: ['any'] } },
};

const examples = readdirSync(join(checkoutDir, 'charts/baton/examples')).map((file) => {
  const values = parse(readFileSync(join(checkoutDir, 'charts/baton/examples', file), 'utf8'));
  return [file, values] as const;
});
const variants: readonly (readonly [string, object])[] = [
  ['plain', plain],
  ['with an InferencePool and etcd for trials', withPool],
  ['with everything', everything],
  ['with roles in the etcd for trials', onTrial],
  ...examples,
];

function find(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.find(
    (one) => one.kind === kind && (name ?? one.metadata.name) === one.metadata.name,
  );
  if (found === undefined) throw new Error(`no ${kind} ${name ?? ''}`);
  return found;
}

it('has a schema of its values that is current (npm run generate)', () => {
  const kept = readFileSync(join(checkoutDir, 'charts/baton/values.schema.json'), 'utf8');
  expect(JSON.parse(kept)).toEqual(valuesSchema());
});

it('has the version of the package', () => {
  const read = (path: string): string => readFileSync(join(checkoutDir, path), 'utf8');
  const { version, appVersion } = parse(read('charts/baton/Chart.yaml'));
  const packaged = JSON.parse(read('package.json')).version;
  expect({ version, appVersion }).toEqual({ version: packaged, appVersion: packaged });
});

helm.describe(`the chart, rendered by ${helm.title}`, () => {
  const rendered = new Map<string, Manifest[]>();
  beforeAll(async () => {
    for (const [name, values] of variants) rendered.set(name, await renderChart(values));
  });
  const of = (name: string): Manifest[] => rendered.get(name) as Manifest[];

  describe.each(variants)('%s', (name) => {
    it('has objects of the right form, in its own namespace but for rights in that of the pods', () => {
      for (const manifest of of(name)) {
        if (hasSchema(manifest))
          expect([manifest.kind, schemaProblems(manifest)]).toEqual([manifest.kind, []]);
        if (manifest.kind !== 'Role' && manifest.kind !== 'RoleBinding')
          expect([undefined, 'inference']).toContain(manifest.metadata.namespace);
      }
    });

    it('gives Baton a configuration that it accepts', () => {
      const files = {
        'baton.yaml': find(of(name), 'ConfigMap', 'baton-config').data['baton.yaml'],
        '/etc/baton-etcd/password': 'of a Secret',
      };
      const [container] = find(of(name), 'Deployment').spec.template.spec.containers;
      const variables = container.env as readonly { readonly name: string; readonly value?: string }[];
      const environment = Object.fromEntries(
        variables.map((variable) => [variable.name, variable.value ?? 'of-another-object']),
      );
      const loaded = load({ config: 'baton.yaml' }, processEnvOf({ files, environment }), 'endpoints');
      expect(loaded.kind === 'invalid' ? loaded.problems : []).toEqual([]);
    });

    it('runs nothing as root or with a writable file system', () => {
      const pods = of(name).flatMap(({ spec }) => spec?.template?.spec ?? []);
      expect(pods.length).toBeGreaterThan(0);
      for (const pod of pods) {
        expect(pod.securityContext).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        for (const { securityContext } of pod.containers) {
          expect(securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
        }
      }
    });

    it('selects its own pods', () => {
      const { labels } = find(of(name), 'Deployment').spec.template.metadata;
      for (const kind of ['Service', 'NetworkPolicy', 'PodDisruptionBudget']) {
        const { selector, podSelector } = find(of(name), kind, 'baton').spec;
        expect(labels).toMatchObject(podSelector?.matchLabels ?? selector.matchLabels ?? selector);
      }
    });
  });

  it('names nothing that Kubernetes does not know', async () => {
    const all = variants.flatMap(([name]) => of(name)).filter(hasSchema);
    expect(all.length).toBeGreaterThan(30);
    expect(await unknownNames(all)).toBe('');
  });

  it('is what the base for kustomize has', async () => {
    const folder = join(checkoutDir, 'examples/kubernetes');
    const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
    const base: Manifest[] = resources.map((file: string) => parse(readFileSync(join(folder, file), 'utf8')));
    const config = parse(find(base, 'ConfigMap').data['baton.yaml']);
    const chart = await renderChart({ image, instance: { generation: 7 }, config });
    expect(normalized(chart)).toEqual(normalized(base));
  });

  describe('the rollout', () => {
    it('has never fewer instances than before, and time for the drain', () => {
      const { spec } = find(of('with everything'), 'Deployment');
      expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      // 90.5 s of grace, rounded up, and 15.
      expect(spec.template.spec.terminationGracePeriodSeconds).toBe(106);
    });

    it('takes the grace that Baton has by default', () => {
      const { terminationGracePeriodSeconds } = find(of('plain'), 'Deployment').spec.template.spec;
      expect(terminationGracePeriodSeconds * 1000).toBe(configSchema.parse({}).drain.graceMs + 15_000);
    });

    it('probes by gRPC, on a plain port of its own where the other speaks TLS', () => {
      const probesOf = (name: string) => {
        const [container] = find(of(name), 'Deployment').spec.template.spec.containers;
        return [container.readinessProbe, container.livenessProbe];
      };
      expect(probesOf('plain')).toMatchObject([
        { grpc: { port: 9002, service: 'readiness' } },
        { grpc: { port: 9002, service: 'liveness' } },
      ]);
      expect(probesOf('with everything')).toMatchObject([
        { grpc: { port: 9003, service: 'readiness' } },
        { grpc: { port: 9003, service: 'liveness' } },
      ]);
    });

    it('replaces pods when the configuration changes, and only then', async () => {
      const hashOf = (manifests: Manifest[]) =>
        find(manifests, 'Deployment').spec.template.metadata.annotations['checksum/config'];
      const changed = await renderChart({
        ...plain,
        config: { ...plain.config, scheduling: { policy: 'random' } },
      });
      const scaled = await renderChart({ ...plain, replicas: 2 });
      expect(hashOf(changed)).not.toBe(hashOf(of('plain')));
      expect(hashOf(scaled)).toBe(hashOf(of('plain')));
    });
  });

  describe('rights', () => {
    it('are to read pods and one InferencePool, where Baton reads them', () => {
      const { rules } = find(of('with an InferencePool and etcd for trials'), 'Role') as Manifest;
      expect(rules).toEqual([
        { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
        {
          apiGroups: ['inference.networking.k8s.io'],
          resources: ['inferencepools'],
          resourceNames: ['llama'],
          verbs: ['get', 'list', 'watch'],
        },
      ]);
      const { spec } = find(of('plain'), 'Deployment').spec.template;
      expect(spec).toMatchObject({ automountServiceAccountToken: true, serviceAccountName: 'baton' });
    });

    it('are to read nodes and model rewrites as well, where the configuration asks for that', async () => {
      const kubernetes = { inferencePool: 'llama', nodeZones: true, modelRewrites: true };
      const manifests = await renderChart({ image, config: { etcd, pool: { kubernetes } } });
      expect(find(manifests, 'Role').rules).toContainEqual({
        apiGroups: ['llm-d.ai', 'inference.networking.x-k8s.io'],
        resources: ['inferencemodelrewrites'],
        verbs: ['list', 'watch'],
      });
      const cluster = find(manifests, 'ClusterRole');
      expect(cluster.rules).toEqual([{ apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] }]);
      const binding = find(manifests, 'ClusterRoleBinding');
      expect(binding).toMatchObject({
        roleRef: { kind: 'ClusterRole', name: cluster.metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: 'baton', namespace: 'inference' }],
      });
      expect([cluster, binding].flatMap((manifest) => schemaProblems(manifest))).toEqual([]);
    });

    it('in the whole cluster are none without being asked for, and nodes are not read then', () => {
      const kinds = variants.flatMap(([name]) => of(name)).map(({ kind }) => kind);
      expect(kinds).not.toContain('ClusterRole');
      const { data } = find(of('plain'), 'ConfigMap', 'baton-config');
      expect(parse(data['baton.yaml']).pool.kubernetes.nodeZones).toBe(false);
    });

    it('are none, and no token, where it does not', async () => {
      const manifests = await renderChart({ image, config: { etcd, pool: { etcd: true } } });
      expect(manifests.map(({ kind }) => kind)).not.toContain('Role');
      expect(find(manifests, 'Deployment').spec.template.spec.automountServiceAccountToken).toBe(false);
    });

    it('are in the namespace of the pods', async () => {
      const kubernetes = { selector: 'app=vllm', ports: [8000], namespace: 'models' };
      const manifests = await renderChart({ image, config: { etcd, pool: { kubernetes } } });
      const role = find(manifests, 'Role').metadata;
      expect(role.namespace).toBe('models');
      expect(find(manifests, 'RoleBinding')).toMatchObject({
        metadata: { namespace: 'models' },
        subjects: [{ name: 'baton', namespace: 'inference' }],
      });
    });
  });

  describe('etcd', () => {
    it('gets its roles from the command of the image, before instances start', () => {
      const job = find(of('with everything'), 'Job');
      expect(job.metadata.annotations['helm.sh/hook']).toBe('pre-install,pre-upgrade');
      const [container] = job.spec.template.spec.containers;
      expect(container.args).toEqual(['etcd-roles', '--apply', '--registrar', '10.0.0.1:8000']);
      const variables = Object.fromEntries(
        container.env.map(({ name, value }: { name: string; value?: string }) => [name, value]),
      );
      expect(variables).toMatchObject({
        BATON_ETCD_ENDPOINTS: 'https://etcd:2379',
        BATON_ETCD_TLS_CA_FILE: '/etc/baton-etcd-tls/ca.crt',
        BATON_ETCD_TLS_CERT_FILE: '/etc/baton-etcd-tls/tls.crt',
        BATON_ETCD_TLS_KEY_FILE: '/etc/baton-etcd-tls/tls.key',
      });
    });

    it('for trials gets its roles once it is there', () => {
      const job = find(of('with roles in the etcd for trials'), 'Job');
      expect(job.metadata.annotations['helm.sh/hook']).toBe('post-install,post-upgrade');
      const [container] = job.spec.template.spec.containers;
      expect(container.args).toEqual(['etcd-roles', '--apply', '--registrar', 'any']);
      expect(container.env).toContainEqual({
        name: 'BATON_ETCD_ENDPOINTS',
        value: 'http://baton-etcd.inference.svc:2379',
      });
      const [{ from }] = find(of('with roles in the etcd for trials'), 'NetworkPolicy', 'baton-etcd').spec
        .ingress;
      expect(job.spec.template.metadata.labels).toMatchObject(from[0].podSelector.matchLabels);
    });

    it('for trials is the one that instances use, and only they reach it', () => {
      const manifests = of('with an InferencePool and etcd for trials');
      const { data } = find(manifests, 'ConfigMap', 'baton-config');
      expect(parse(data['baton.yaml']).etcd.endpoints).toEqual(['http://baton-etcd.inference.svc:2379']);
      expect(find(manifests, 'Service', 'baton-etcd').spec.ports[0].port).toBe(2379);
      const [{ from }] = find(manifests, 'NetworkPolicy', 'baton-etcd').spec.ingress;
      expect(find(manifests, 'Deployment').spec.template.metadata.labels).toMatchObject(
        from[0].podSelector.matchLabels,
      );
    });
  });

  describe('the admin port', () => {
    it('stays on loopback, unless metrics need it', () => {
      expect(find(of('plain'), 'ConfigMap', 'baton-config').data['baton.yaml']).not.toContain('admin');
      expect(find(of('plain'), 'NetworkPolicy').spec.ingress).toHaveLength(1);
    });

    it('of each worker is scraped, and reached by Prometheus alone', () => {
      const manifests = of('with everything');
      const { endpoints, selector } = find(manifests, 'ServiceMonitor').spec;
      const service = find(manifests, 'Service', 'baton');
      expect(service.metadata.labels).toMatchObject(selector.matchLabels);
      expect(endpoints.map(({ port }: { port: string }) => port)).toEqual(['admin', 'admin-1']);
      expect(
        service.spec.ports.map(({ name, port }: { name: string; port: number }) => [name, port]),
      ).toEqual([
        ['grpc', 9002],
        ['admin', 9090],
        ['admin-1', 9091],
      ]);
      const [, admin] = find(manifests, 'NetworkPolicy', 'baton').spec.ingress;
      expect(admin.ports).toEqual([{ port: 'admin' }, { port: 'admin-1' }]);
      expect(admin.from[0].podSelector.matchLabels).toEqual({ 'app.kubernetes.io/name': 'prometheus' });
    });
  });

  it('brings the alerts and the dashboard as the files have them', () => {
    const manifests = of('with everything');
    const alerts = parse(readFileSync(join(checkoutDir, 'charts/baton/files/alerts.yaml'), 'utf8'));
    expect(find(manifests, 'PrometheusRule').spec).toEqual(alerts);
    const dashboard = readFileSync(join(checkoutDir, 'charts/baton/files/dashboard.json'), 'utf8');
    expect(JSON.parse(find(manifests, 'ConfigMap', 'baton-dashboard').data['baton.json'])).toEqual(
      JSON.parse(dashboard),
    );
  });

  it('makes an InferencePool that Baton can read, and a route to it', () => {
    const manifests = of('with an InferencePool and etcd for trials');
    const pool = find(manifests, 'InferencePool');
    expect(readInferencePool(pool)).toEqual({ selector: 'app=vllm', ports: [8000, 8001] });
    expect(pool.spec.endpointPickerRef).toEqual({
      name: 'baton',
      port: { number: 9002 },
      failureMode: 'FailOpen',
    });
    const [rule] = find(manifests, 'HTTPRoute').spec.rules;
    expect(rule.backendRefs).toEqual([
      { group: 'inference.networking.k8s.io', kind: 'InferencePool', name: 'llama' },
    ]);
  });

  describe('refuses', () => {
    it.each([
      ['a misspelt value', { ...plain, replica: 2 }, /replica/],
      ['a misspelt setting of Baton', { image, config: { pool: { etdc: true } } }, /etdc/],
      [
        'a setting of the wrong form',
        { ...plain, config: { ...plain.config, drain: { graceMs: 'long' } } },
        /graceMs/,
      ],
      ['no image', { config: plain.config }, /name your image/],
      ['no source of pods', { image, config: { etcd } }, /where your pods are/],
      [
        'several instances without etcd',
        { image, config: { pool: { endpoints: ['10.0.0.1:8000'] } } },
        /need etcd/,
      ],
      ['too little time for the end', { ...plain, rollout: { extraGraceSeconds: 1 } }, /extraGraceSeconds/],
    ])('%s', async (_, values, message) => {
      await expect(renderChart(values)).rejects.toThrow(message);
    });
  });

  it('keeps two releases of a namespace apart', async () => {
    const other = await renderChart(plain, 'second');
    const names = (manifests: readonly Manifest[]) =>
      manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names(other).filter((name) => names(of('plain')).includes(name))).toEqual([]);
    expect(find(other, 'Service').spec.selector).not.toEqual(find(of('plain'), 'Service').spec.selector);
  });
});

/** What the chart alone has: labels of Helm, and the annotation that replaces pods. */
const chartsOwn = [
  'app.kubernetes.io/instance',
  'app.kubernetes.io/component',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
];

/** By kind and name, with the configuration parsed and without what is the chart's own. */
function normalized(manifests: readonly Manifest[]): object {
  const entries = manifests.map((manifest) => {
    const text = JSON.stringify(manifest, (key, value) => {
      if (chartsOwn.includes(key) || key === 'annotations' || key === 'imagePullPolicy') return undefined;
      return key === 'baton.yaml' ? parse(value) : value;
    });
    return [`${manifest.kind}/${manifest.metadata.name}`, JSON.parse(text)] as const;
  });
  return Object.fromEntries(entries);
}
