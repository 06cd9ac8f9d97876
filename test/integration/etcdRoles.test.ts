import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EtcdPermissionDeniedError } from 'etcd3';
import { connect, type EtcdClient } from '../../src/etcd/client.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { batonEntry } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { openExchange } from '../../tools/testbed/extProcClient.ts';
import { findTools } from '../../tools/testbed/tools.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { runBaton } from '../support/batonCommand.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/**
 * The roles of `baton etcd-roles` in a real etcd that requires users: what each role is for works,
 * and nothing else is allowed.
 */
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await cluster.stop();
});
checkForLeaks();

const password = 'correct-horse';
const pod = '10.0.0.1:80';
const otherPod = '10.0.0.11:80';
const etcdBinaries = dirname(findTools(process.env).etcd);
const base = 'baton-v1-default';
const wait = { timeoutMs: 30_000 };

let cluster: BatonCluster;
let instances: readonly Baton[];
const clients = new Map<string, EtcdClient>();

const environmentOf = (user: string) => ({ BATON_ETCD_USERNAME: user, BATON_ETCD_PASSWORD: password });
const baton = (user: string, ...args: string[]) =>
  runBaton([...args, '--etcd', cluster.etcd.endpoint], environmentOf(user));

const applyRoles = (user: string) => baton(user, 'etcd-roles', '--apply', '--registrar', pod);

beforeAll(async () => {
  cluster = await BatonCluster.start({
    pool: { etcd: true },
    etcd: { username: 'instance', password, leaseTtlSeconds: 2 },
    upgrade: { settleMs: 100 },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 300 },
  });
  await requireUsers();
  expect((await applyRoles('root')).stdout).toContain(`${base}-registrar-${pod}: created\n`);
  await etcdctl('user', 'add', `registrar:${password}`);
  await etcdctl('user', 'grant-role', 'registrar', `${base}-registrar-${pod}`);
  const options = { endpoints: [cluster.etcd.endpoint], requestTimeoutMs: 5_000, password };
  for (const username of ['root', 'instance', 'registrar', 'reader', 'operator'])
    clients.set(username, connect({ ...options, username }, '/baton/v1/default/'));
  instances = [await cluster.instance('a'), await cluster.instance('b')];
});

function as(user: string): EtcdClient['keys'] {
  const client = clients.get(user);
  if (client === undefined) throw new Error(`no client of ${user}`);
  return client.keys;
}

async function isAllowed(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof EtcdPermissionDeniedError) return false;
    throw error;
  }
}

/** One key of each range, and others beside them. */
const keys = [
  'instances/x',
  'load/x',
  'load/x/1',
  'handoffs/x/1',
  'signals/x',
  `endpoints/${pod}`,
  `endpoints/${otherPod}`,
  'endpoints/10.0.0.1:8',
  'target',
  'targets',
  'config',
  'config/x',
  'other',
];
const ofInstances = ['instances/x', 'load/x', 'load/x/1', 'handoffs/x/1', 'signals/x'];

describe('a user with the role', () => {
  it.each([
    ['instance', keys, ofInstances],
    ['operator', keys, ['target', 'config']],
    ['reader', keys, []],
    ['registrar', [`endpoints/${pod}`], [`endpoints/${pod}`]],
  ])('%s reads and writes its own keys and no others', async (user, readable, writable) => {
    const allowed: Record<'read' | 'written' | 'deleted', string[]> = { read: [], written: [], deleted: [] };
    for (const key of keys) {
      if (await isAllowed(as(user).get(key).exec())) allowed.read.push(key);
      if (await isAllowed(as(user).put(key).value('').exec())) allowed.written.push(key);
      if (await isAllowed(as(user).delete().key(key).exec())) allowed.deleted.push(key);
    }
    expect(allowed).toEqual({ read: readable, written: writable, deleted: writable });
    expect(await isAllowed(as(user).delete().all().exec())).toBe(false);
    const isReadWhole = await isAllowed(as(user).getAll().exec());
    expect(isReadWhole).toBe(user !== 'registrar');
  });
});

describe('with its role', () => {
  it('an instance joins, shares its counts, and hands off; a pod registers, an operator decides', async () => {
    await cluster.register(pod, environmentOf('registrar'));
    await Promise.all(instances.map((instance) => instance.start()));
    const [a, b] = instances as [Baton, Baton];
    const exchange = await openExchange(a.address);
    expect(exchange.pod).toBe(pod);
    await eventually(async () => {
      const { pool, store, instance } = await b.state();
      expect(pool).toMatchObject([{ address: pod, view: 1, local: 0 }]);
      expect(store).toMatchObject({ leaseHeld: true, writeProblem: null });
      expect(instance.degraded).toBe(false);
    }, wait);

    expect(await baton('operator', 'dynamic', 'set', 'scheduling.policy=random')).toMatchObject({
      exitCode: 0,
    });
    expect(await baton('operator', 'upgrade', 'pin', '0')).toMatchObject({ exitCode: 0 });
    await eventually(async () => {
      const { steering, dynamic } = await b.state();
      expect(steering.pinnedGeneration).toBe(0);
      expect(dynamic?.settings).toHaveProperty(['scheduling.policy']);
    }, wait);
    expect((await baton('reader', 'upgrade', 'status')).stdout).toContain('generation 0 is pinned');
    const refused = await baton('reader', 'upgrade', 'release');
    expect([refused.exitCode, refused.stderr]).toEqual([69, expect.stringContaining('permission denied')]);

    await a.stopCleanly();
    await eventually(async () => {
      const { handoffs, peers } = await b.state();
      expect(handoffs).toMatchObject([{ inFlight: 1 }]);
      expect(peers).toEqual([]);
    }, wait);
    exchange.end();
    expect(a.process.output.text(400)).not.toContain('permission denied');
  });

  it('a pod cannot register under another address', async () => {
    const registrar = await ChildProcess.start({
      name: 'a registrar of another pod',
      command: process.execPath,
      args: [batonEntry, 'register', '--address', otherPod, '--etcd', cluster.etcd.endpoint],
      env: environmentOf('registrar'),
    });
    try {
      expect(await registrar.waitForLine(/permission denied/)).toContain('"level"');
      expect((await as('root').getAll().keys()).filter((key) => key.includes(otherPod))).toEqual([]);
    } finally {
      await registrar.kill();
    }
  });
});

describe('baton etcd-roles --apply', () => {
  it('says that only root may', async () => {
    const refused = await applyRoles('instance');
    expect([refused.exitCode, refused.stderr]).toEqual([69, expect.stringContaining('permission denied')]);
  });

  it('changes nothing when it is run again', async () => {
    const { stdout } = await applyRoles('root');
    const names = ['instance', 'operator', 'reader', `registrar-${pod}`];
    expect(stdout).toBe(names.map((name) => `${base}-${name}: unchanged\n`).join(''));
  });

  it('takes away what a role has too much, and gives back what it lacks', async () => {
    const role = `${base}-registrar-${pod}`;
    const key = `/baton/v1/default/endpoints/${pod}`;
    await etcdctl('role', 'grant-permission', '--prefix', role, 'readwrite', '/baton/');
    await etcdctl('role', 'grant-permission', role, 'read', key);
    expect((await applyRoles('root')).stdout).toContain(`${role}: changed\n`);
    expect(await isAllowed(as('registrar').put(`endpoints/${pod}`).value('').exec())).toBe(true);
    expect(await isAllowed(as('registrar').get('target').exec())).toBe(false);
  });

  it('makes the roles that the printed commands make', async () => {
    const printed = await runBaton(['etcd-roles', '--set', 'pool.name=printed', '--registrar', 'any']);
    for (const line of printed.stdout.trim().split('\n')) await etcdctl(...line.split(' ').slice(1));
    const args = ['etcd-roles', '--set', 'pool.name=printed', '--registrar', 'any', '--apply'];
    const { stdout } = await baton('root', ...args);
    expect(stdout.match(/: unchanged$/gm)).toHaveLength(4);
  });
});

/** The script of the examples, with `baton` and etcdctl on its PATH. */
async function requireUsers(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-users-'));
  try {
    const wrapper = `#!/bin/sh\nexec '${process.execPath}' '${batonEntry}' "$@"\n`;
    await writeFile(join(folder, 'baton'), wrapper, { mode: 0o755 });
    const names = ['ROOT', 'INSTANCE', 'OPERATOR', 'READER'];
    const env = {
      PATH: `${folder}:${etcdBinaries}:${process.env.PATH}`,
      ETCDCTL_ENDPOINTS: cluster.etcd.endpoint,
      ...Object.fromEntries(names.map((name) => [`${name}_PASSWORD`, password])),
    };
    const script = join(import.meta.dirname, '../../examples/etcd/requireUsers.sh');
    await promisify(execFile)('sh', [script], { env });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function etcdctl(...args: readonly string[]): Promise<void> {
  const flags = ['--endpoints', cluster.etcd.endpoint, '--user', `root:${password}`];
  await promisify(execFile)(join(etcdBinaries, 'etcdctl'), [...args, ...flags]);
}
