import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { configSchema } from '../../../src/config/schema.ts';
import { checkoutDir } from '../../../tools/testbed/tools.ts';

/**
 * The Dockerfile and the Compose file agree with the checkout. Nothing is built here: that needs
 * Docker.
 */
const read = (path: string): string => readFileSync(join(checkoutDir, path), 'utf8');
const packageJson = JSON.parse(read('package.json'));

interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Comments removed, continued lines joined. */
const instructions: readonly Instruction[] = read('Dockerfile')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [, name = '', text = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
    return { name, text };
  });

const all = (name: string): readonly string[] =>
  instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);
const last = (name: string): string => all(name).at(-1) as string;
/** Sources of every COPY from the checkout, not from another stage. */
const copied = all('COPY')
  .filter((text) => !text.includes('--from='))
  .flatMap((text) => text.split(' ').slice(0, -1));
const finalStage = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM') + 1);

describe('the Dockerfile', () => {
  it.each(copied)('copies %s, which exists and is not ignored', (source) => {
    expect(existsSync(join(checkoutDir, source))).toBe(true);
    const admitted = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(admitted.some((path) => `${source}/`.startsWith(`${path}/`))).toBe(true);
  });

  it('copies the package files that are not built, but documents', () => {
    const needed = packageJson.files.filter((path: string) => path !== 'dist' && !/\.(md|json)$/.test(path));
    expect(copied).toEqual(expect.arrayContaining(needed));
  });

  it('takes every stage from one base image, which a build argument replaces', () => {
    for (const text of all('FROM')) expect(text).toMatch(/^\$\{NODE_IMAGE\}( AS \w+)?$/);
    expect(all('ARG')[0]).toBe(`NODE_IMAGE=node:${packageJson.devDependencies.node.split('.')[0]}-slim`);
  });

  it('runs the command of the package under an init, without a shell', () => {
    const entrypoint = JSON.parse(last('ENTRYPOINT'));
    expect(all('RUN').join()).toContain('apt-get install --yes --no-install-recommends tini');
    expect(entrypoint).toEqual(['tini', '--', 'node', `/app/${packageJson.bin.baton}`]);
    expect(JSON.parse(last('CMD'))).toEqual(['serve']);
  });

  it('can be read by every user, whatever the umask of the checkout', () => {
    const lastCopy = finalStage.findLastIndex(({ name }) => name === 'COPY');
    const after = finalStage.slice(lastCopy).filter(({ name }) => name === 'RUN');
    expect(after.map(({ text }) => text).join()).toContain('chmod -R a+rX /app');
  });

  it('runs as a numeric user that is not root, and writes no compile cache', () => {
    expect(Number(last('USER'))).toBeGreaterThan(0);
    expect(last('ENV')).toMatch(/\bNODE_DISABLE_COMPILE_CACHE=1\b/);
    const user = finalStage.findIndex(({ name }) => name === 'USER');
    expect(finalStage.slice(user).map(({ name }) => name)).not.toContain('RUN');
  });

  it('listens on the default port, on every interface, of both families', () => {
    const port = configSchema.parse({}).server.address.split(':').at(-1);
    expect(last('ENV')).toContain(`BATON_SERVER_ADDRESS=[::]:${port}`);
    expect(last('EXPOSE')).toBe(port);
  });

  it('has a health check that runs a command of the image', () => {
    expect(last('HEALTHCHECK')).toMatch(/CMD \["baton", "probe", "--service", "readiness"\]$/);
    expect(all('RUN').at(-1)).toContain(`ln -s /app/${packageJson.bin.baton} /usr/local/bin/baton`);
  });

  it('has the labels of the OCI', () => {
    for (const label of ['title', 'description', 'licenses', 'version', 'revision', 'base.name']) {
      expect(last('LABEL')).toContain(`org.opencontainers.image.${label}="`);
    }
    expect(last('LABEL')).toContain(`licenses="${packageJson.license}"`);
  });
});

describe('docker-compose.yml', () => {
  const { services } = parse(read('docker-compose.yml'), { merge: true });
  const built = Object.entries<Record<string, unknown>>(services).filter(([, { build }]) => build);

  it.each(built)('runs %s on a read-only file system without capabilities', (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  });

  it('says which Docker it needs, and what a umask may break', () => {
    // The first line that is no comment ends what users read before they run it.
    const [heading = ''] = read('docker-compose.yml').split(/^(?!#)/m);
    expect(
      Object.values<object>(services).some((service) => JSON.stringify(service).includes('start_interval')),
    ).toBe(true);
    expect(heading).toMatch(/Docker Engine 25 and Compose 2\.24/);
    expect(heading).toMatch(/umask 077/);
    expect(read('README.md')).toMatch(/`docker compose up[^`]*` \(Docker 25 or newer\)/);
  });

  it('creates the roles in etcd when it is asked to, and once', () => {
    expect(services['etcd-roles']).toMatchObject({
      profiles: ['etcd-roles'],
      command: ['etcd-roles', '--apply', '--registrar', 'any'],
      restart: 'no',
      healthcheck: { disable: true },
    });
  });

  it('lists no pod: they register, and Envoy gets them from Baton', () => {
    expect(services.baton.environment).toEqual({
      BATON_ETCD_ENDPOINTS: 'http://etcd:2379',
      BATON_POOL_ETCD: 'true',
      BATON_ADMIN_ADDRESS: '[::]:9090',
    });
    expect(services.podsim.command[0]).toContain('baton register');
    expect(services.podsim.deploy.replicas).toBe(3);
    const { clusters } = parse(read('envoy/compose.yaml')).static_resources;
    const pods = clusters.find(({ name }: { name: string }) => name === 'model_pods');
    expect(pods).toMatchObject({ type: 'EDS' });
    expect(pods).not.toHaveProperty('load_assignment');
  });

  it('leaves address and health check of Baton to the image', () => {
    expect(services.baton.environment).not.toHaveProperty('BATON_SERVER_ADDRESS');
    expect(services.baton.healthcheck).toBeUndefined();
  });

  it('publishes ports on loopback only', () => {
    const ports = Object.values<{ ports?: string[] }>(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(1);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('mounts files that exist', () => {
    const mounts = Object.values<{ volumes?: string[] }>(services)
      .flatMap(({ volumes = [] }) => volumes)
      .filter((volume) => volume.startsWith('./'));
    for (const mount of mounts) {
      expect(mount).toMatch(/:ro$/);
      expect(existsSync(join(checkoutDir, mount.split(':')[0] as string))).toBe(true);
    }
  });

  it('has Prometheus scrape the admin port of every Baton, beside the demo', () => {
    const { prometheus, grafana, baton } = services;
    expect([prometheus.profiles, grafana.profiles]).toEqual([['observe'], ['observe']]);
    const { scrape_configs: scraped, rule_files: rules } = parse(read('examples/monitoring/prometheus.yml'));
    const [{ names, port }] = scraped[0].dns_sd_configs;
    expect(names).toEqual(['baton']);
    expect(baton.environment.BATON_ADMIN_ADDRESS).toBe(`[::]:${port}`);
    expect(prometheus.volumes).toContainEqual(`./charts/baton/files/alerts.yaml:${rules[0]}:ro`);
  });

  it('gives Baton more time to stop than its grace', () => {
    expect(Number.parseInt(services.baton.stop_grace_period, 10) * 1000).toBeGreaterThanOrEqual(
      configSchema.parse({}).drain.graceMs + 10_000,
    );
  });
});
