import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { checkoutDir, isExecutable } from '../../tools/testbed/tools.ts';
import { startTopology, type Topology } from '../../tools/testbed/topology.ts';
import { namedHeader, showPick, waitForDecisions } from '../support/envoyWindows.ts';
import { InstalledPackage, installNode, npm, oldestNode, pack } from '../support/installedPackage.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { envoyBin, etcdBin } from '../support/tools.ts';

/**
 * What a stranger does: npm pack, npm install --global elsewhere, and each command that README
 * shows, on the oldest supported Node and on the one of node_modules. Needs npm's registry, or what
 * npm has cached of it.
 */
checkForLeaks();

const installMs = 180_000;
const ownNode = dirname(process.execPath);
const { version } = JSON.parse(await readFile(join(checkoutDir, 'package.json'), 'utf8'));
const exec = promisify(execFile);

const consumer = `
import { Client, credentials } from '@grpc/grpc-js';
import { BuiltinServer, type StreamHandler } from 'baton/grpc';
import { type Endpoint, type Load, PolicySet } from 'baton/scheduling';

const endpoint = (address: string): Endpoint => ({ address, weight: 1, labels: {}, models: [] });
const inFlight = (address: string): number => (address === '10.0.0.1:8000' ? 5 : 1);
const load: Load = { inFlight, localInFlight: inFlight, unacknowledgedPicks: () => 0 };
const policy = new PolicySet({ random: Math.random }).named('least-request');
if (policy === undefined) throw new Error('no such policy');
const chosen = policy.choose(['10.0.0.1:8000', '10.0.0.2:8000'].map(endpoint), load, {});
process.stdout.write(policy.name + ' chooses ' + chosen.address + '\\n');

const echo: StreamHandler = (stream) => ({
  onMessage: (message) => stream.reply(message),
  onEnd: () => stream.end(),
  onClosed: () => {},
});
const server = new BuiltinServer({
  handlers: new Map([['/test.Echo/Echo', echo]]),
  maxMessageBytes: 1024,
  limits: {
    streams: 100,
    headerBytes: 4096,
    resetsPerSecond: 100,
    controlFramesPerSecond: 100,
    emptyFramesPerSecond: 100,
  },
  totalLimits: { connections: 1000, bufferBytes: 128 * 1024 * 1024 },
});
const port = await server.listen({ host: '127.0.0.1', port: 0 });
const client = new Client('127.0.0.1:' + port, credentials.createInsecure());
const same = (bytes: Buffer): Buffer => bytes;
const answer = await new Promise((resolve, reject) =>
  client.makeUnaryRequest('/test.Echo/Echo', same, same, Buffer.from('hello'), (error, value) =>
    error ? reject(error) : resolve(String(value)),
  ),
);
process.stdout.write('the server answers ' + answer + '\\n');
client.close();
await server.close(1_000);
`;

let dir: string;
let packed: Awaited<ReturnType<typeof pack>>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'baton-package-'));
  packed = await pack(dir);
}, installMs);
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('the tarball', () => {
  it('holds what runs, what it reads, and the licence', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'NOTICE',
        'README.md',
        'bin/baton.mjs',
        'dist/src/cli/main.js',
        'dist/src/cli/main.js.map',
        'dist/src/grpc/index.d.ts',
        'dist/tools/podsim/command.js',
        'docs/config.schema.json',
        'envoy/envoy.yaml',
        'proto/baton/state/v1/state.proto',
        'proto/envoy/service/ext_proc/v3/external_processor.proto',
      ]),
    );
  });

  it('holds no test, no key and no source that is compiled', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => /^(test|bench|src|tools|node_modules)\//.test(path))).toEqual([]);
    expect(paths.filter((path) => /\.(key|pem|crt|test\.\w+)$/.test(path))).toEqual([]);
    expect(paths.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });
});

describe.each([
  ['the oldest supported Node', oldestNode],
  ['the Node of node_modules', process.versions.node],
])('installed on %s (%s)', (_, nodeVersion) => {
  let installed: InstalledPackage;

  beforeAll(async () => {
    const nodeDir = nodeVersion === oldestNode ? await installNode(nodeVersion) : ownNode;
    installed = await InstalledPackage.install(packed.tarball, join(dir, nodeVersion), nodeDir);
  }, installMs);

  it('prints its version', async () => {
    expect(await installed.run(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('takes at most 60 MB, dependencies included', async () => {
    expect((await installed.bytes()) / 1e6).toBeLessThanOrEqual(60);
  });

  it('checks a configuration', async () => {
    const file = join(dir, 'baton.yaml');
    await writeFile(file, 'pool: { endpoints: [10.0.0.11:8000] }\n');
    expect(await installed.run(['check', file])).toMatchObject({ exitCode: 0, stderr: '' });
    await writeFile(file, 'pool: { endpoint: [10.0.0.11:8000] }\n');
    expect(await installed.run(['check', file])).toMatchObject({ exitCode: 78 });
  });

  it('prints the schema that it ships', async () => {
    const { stdout } = await installed.run(['config', '--schema']);
    expect(stdout).toBe(await readFile(join(checkoutDir, 'docs', 'config.schema.json'), 'utf8'));
  });

  it('simulates', async () => {
    const { exitCode, stdout } = await installed.run(['simulate', '--help']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('Usage:') });
  });

  it('answers a request through Envoy, and a probe', async () => {
    const command = [installed.command, 'serve', '--config', '{config}'];
    const topology = await startTopology({
      tools: { envoy: envoyBin(), etcd: etcdBin() },
      instances: 1,
      pods: 1,
      release: { release: version, generation: 1, command },
      env: { PATH: installed.path },
      amendEnvoy: (bootstrap) => {
        showPick(bootstrap);
        waitForDecisions(bootstrap);
      },
    });
    try {
      await sendThroughEnvoy(topology);
      const [{ address }] = topology.instances as [Topology['instances'][number]];
      expect(await installed.run(['probe', '--address', address])).toMatchObject({ exitCode: 0 });
      expect(await installed.run(['status', '--admin', new URL(adminUrl(topology)).host])).toMatchObject({
        exitCode: 0,
      });
      for (const path of ['/', '/dashboard/main.js'])
        expect((await sendHttp(adminUrl(topology) + path)).status).toBe(200);
      for (const instance of topology.instances) await instance.stopCleanly();
    } finally {
      await topology.stop();
    }
  }, 120_000);

  it('says what its demonstration lacks', async () => {
    const ended = await installed.run(['demo', '--once'], {
      ENVOY_BIN: '/nowhere/envoy',
      ETCD_BIN: etcdBin(),
    });
    expect(ended).toMatchObject({ exitCode: 69, stderr: expect.stringContaining('Envoy is missing') });
  });

  it('has the conformance suite', async () => {
    const ended = await installed.run(['conformance', '--list']);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('body/pieces: ') });
  });

  it('rehearses an upgrade behind a gateway', async () => {
    const tools = { ENVOY_BIN: envoyBin(), ETCD_BIN: etcdBin() };
    const args = [
      'rehearse',
      '--gateway',
      'istio',
      '--times',
      '1',
      '--clients',
      '2',
      '--replicas',
      '2',
      '--pods',
      '1',
      '--stream-seconds',
      '1',
    ];
    const report = join(dir, `report-${nodeVersion}`);
    const ended = await installed.run([...args, '--report', report], tools, dir);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('no client noticed') });
    expect(existsSync(join(report, 'report.html'))).toBe(true);
  }, 120_000);
});

describe('on a Node that is too old', () => {
  const oldNode = tooOldNode();
  (oldNode ? it : it.skip)('prints one sentence', async () => {
    const entry = join(dir, process.versions.node, 'lib/node_modules/baton/bin/baton.mjs');
    const failed = await exec(oldNode as string, [entry, 'serve'], { env: {} }).catch((error) => error);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^baton: Node .* is required; this is Node [\d.]+ \(.*\)\n$/);
  });
});

describe('a project that depends on it', () => {
  let project: string;

  beforeAll(async () => {
    project = join(dir, 'project');
    await mkdir(project);
    await writeFile(join(project, 'package.json'), '{ "name": "project", "type": "module" }');
    await npm(ownNode, ['install', '--prefer-offline', packed.tarball], project);
  }, installMs);

  it('runs it by npx', async () => {
    expect(await npm(ownNode, ['exec', '--no', '--', 'baton', '--version'], project)).toBe(`${version}\n`);
    const next = await npm(ownNode, ['exec', '--no', '--', 'baton'], project).catch(
      (failed) => failed.stderr,
    );
    expect(next).toContain('What to do next:\n  baton serve --endpoint');
  });

  it('uses the server and the policies as a library, with types', async () => {
    const file = join(project, 'consumer.ts');
    await writeFile(file, consumer);
    const flags = '--ignoreConfig --noEmit --strict --module nodenext --target es2024 --skipLibCheck';
    const tsc = [
      join(checkoutDir, 'node_modules/typescript/bin/tsc'),
      ...flags.split(' '),
      '--types',
      'node',
      file,
    ];
    const types = await exec(process.execPath, tsc, { cwd: project }).catch((failed) => failed);
    expect(types.stdout).toBe('');
    const { stdout } = await exec(process.execPath, [file], { cwd: project, env: {} });
    expect(stdout).toBe('least-request chooses 10.0.0.2:8000\nthe server answers hello\n');
  });
});

/** The machine's own Node, where it has one that is too old. */
function tooOldNode(): string | undefined {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  return candidates.find((path) => {
    if (!isExecutable(path)) return false;
    const major = Number(
      execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }),
    );
    return major >= 16 && major < 22;
  });
}

function adminUrl({ instances }: Topology): string {
  return instances[0]?.adminUrl as string;
}

async function sendThroughEnvoy({ chatUrl, pods }: Topology): Promise<void> {
  const body = { model: 'sim-model', messages: [{ role: 'user', content: 'Hello' }] };
  const { status, headers } = await sendHttp(chatUrl, { body });
  expect({ status, named: headers[namedHeader] }).toEqual({ status: 200, named: pods[0]?.address });
}
