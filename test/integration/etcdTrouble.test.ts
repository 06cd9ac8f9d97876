import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type EtcdClient } from '../../src/etcd/client.ts';
import { stateCodecs } from '../../src/proto/stateCodecs.ts';
import { Baton, type BatonSettings } from '../../tools/testbed/baton.ts';
import { type OpenExchange, openExchange } from '../../tools/testbed/extProcClient.ts';
import { freePort } from '../../tools/testbed/ports.ts';
import { eventually } from '../support/eventually.ts';
import { FaultProxy } from '../support/faultProxy.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { lockEtcd, startTestEtcd, type TestEtcd } from '../support/testEtcd.ts';

/** An etcd that responds, but not as usual. Instances are real processes. */
checkForLeaks();

const pod = '10.0.0.1:8000';
const prefix = '/baton/v1/default/';
const soon = { timeoutMs: 30_000 };

let running: TestEtcd;
let folder: string;
const instances: Baton[] = [];

async function startEtcd(flags: Readonly<Record<string, string>> = {}): Promise<void> {
  running = await startTestEtcd(flags);
  folder = await mkdtemp(join(tmpdir(), 'baton-trouble-'));
}

afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.kill()));
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

/** An instance whose pool is in etcd. */
async function launch(name: string, etcd: BatonSettings[string] = {}): Promise<Baton> {
  const instance = new Baton({
    name,
    port: await freePort(),
    adminPort: await freePort(),
    dir: folder,
    settings: {
      instance: { id: name },
      consistency: { intervalMs: 0 },
      pool: { etcd: true, probe: { enabled: false } },
      startup: { storeWaitMs: 300 },
      etcd: { endpoints: [running.etcd.endpoint], leaseTtlSeconds: 2, ...etcd },
    },
  });
  instances.push(instance);
  await instance.launch();
  return instance;
}

async function useEtcd<T>(use: (client: EtcdClient) => Promise<T>, access: object = {}): Promise<T> {
  const options = { endpoints: [running.etcd.endpoint], requestTimeoutMs: 5_000, ...access };
  const client = connect(options, prefix);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

const putPod = (access: object = {}): Promise<unknown> =>
  useEtcd(({ keys }) => keys.put(`endpoints/${pod}`).value(podRecord()).exec(), access);

function podRecord(): Buffer {
  return Buffer.from(
    stateCodecs.registeredEndpoint.encode({ address: pod, weight: 1, labels: {}, models: [] }),
  );
}

async function hasJoined(instance: Baton): Promise<void> {
  await eventually(async () => {
    const { instance: self, store } = await instance.state();
    expect({ ...self, ...store }).toMatchObject({ degraded: false, leaseHeld: true, viewAgeMs: 0 });
  }, soon);
}

describe('when etcd has no space left', () => {
  beforeEach(() => startEtcd({ 'quota-backend-bytes': String(8 * 1024 * 1024) }));

  it('keeps the lease, uses what can be read, reports what cannot be written, and heals', async () => {
    await putPod();
    const a = await launch('a');
    await hasJoined(a);
    await fill();

    const exchange = await openExchange(a.address);
    expect(exchange.pod).toBe(pod);
    await eventually(async () => {
      const { instance, store } = await a.state();
      expect({ ...instance, ...store }).toMatchObject({
        degraded: true,
        leaseHeld: true,
        regrants: 0,
        writeProblem: expect.stringContaining('database space exceeded'),
      });
    }, soon);
    expect(logLines(a, 'store.writes-refused')).toHaveLength(1);

    const b = await launch('b');
    await eventually(async () => {
      const { instance, pool } = await b.state();
      expect(instance).toMatchObject({ phase: 'ready', degraded: true });
      expect(pool.map(({ address }) => address)).toEqual([pod]);
    }, soon);
    const another = await openExchange(b.address);
    expect(another.pod).toBe(pod);

    await makeSpace();
    await Promise.all([hasJoined(a), hasJoined(b)]);
    expect((await a.state()).store.regrants).toBe(0);
    // Each sees what the other has in flight.
    await eventually(async () => {
      for (const one of [a, b]) expect((await one.state()).pool[0]).toMatchObject({ local: 1, view: 2 });
    }, soon);
    exchange.end();
    another.end();
  }, 60_000);

  async function fill(): Promise<void> {
    const value = Buffer.alloc(1024 * 1024);
    const putMany = useEtcd(async ({ keys }) => {
      for (let nth = 0; nth < 20; nth += 1) await keys.put(`../ballast/${nth}`).value(value).exec();
    });
    await expect(putMany).rejects.toThrow('database space exceeded');
  }

  async function makeSpace(): Promise<void> {
    await useEtcd(async ({ keys }) => {
      const { header } = await keys.delete().prefix('../ballast/').exec();
      await keys.kv.compact({ revision: header.revision, physical: true });
    });
    await maintain('maintenance/defragment', {});
    const { alarms = [] } = await maintain('maintenance/alarm', { action: 'GET' });
    for (const alarm of alarms) await maintain('maintenance/alarm', { action: 'DEACTIVATE', ...alarm });
  }
});

interface Answer {
  readonly token?: string;
  readonly alarms?: object[];
}

async function maintain(path: string, body: object, headers = {}): Promise<Answer> {
  const { status, text } = await sendHttp(`${running.etcd.endpoint}/v3/${path}`, { body, headers });
  if (status !== 200) throw new Error(`etcd refuses ${path}: ${text}`);
  return JSON.parse(text);
}

describe('when the credentials for etcd change', () => {
  let proxy: FaultProxy;
  beforeEach(async () => {
    await startEtcd();
    proxy = await FaultProxy.start({ host: '127.0.0.1', port: running.port });
  });
  afterEach(() => proxy.stop());

  it('joins again with a password that was replaced, and after a restart of etcd, leaving no socket', async () => {
    const passwordFile = join(folder, 'password');
    const setPassword = (password: string): Promise<void> => writeFile(passwordFile, `${password}\n`);
    await setPassword('first');
    await maintain('auth/user/add', { name: 'root', password: 'first' });
    await maintain('auth/role/add', { name: 'root' });
    await maintain('auth/user/grant', { user: 'root', role: 'root' });
    await maintain('auth/enable', {});
    await putPod({ username: 'root', password: 'first' });
    const a = await launch('a', { username: 'root', passwordFile, endpoints: [`http://${proxy.address}`] });
    await hasJoined(a);
    const { connections } = proxy;

    const { token } = await maintain('auth/authenticate', { name: 'root', password: 'first' });
    await maintain('auth/user/changepw', { name: 'root', password: 'second' }, { authorization: token });
    const exchange = await openExchange(a.address);
    expect(exchange.pod).toBe(pod);
    await eventually(async () => expect((await a.state()).store.writeProblem).toMatch(/auth|password/), soon);
    // Every attempt in this time fails.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await eventually(() => expect(proxy.connections).toBeLessThanOrEqual(connections + 2), soon);
    await setPassword('second');
    await hasJoined(a);

    await running.etcd.restart('kept');
    await hasJoined(a);
    await eventually(() => expect(proxy.connections).toBeLessThanOrEqual(connections + 2), soon);
    exchange.end();
  }, 60_000);
});

describe('when etcd forgets tokens after a second', () => {
  beforeEach(() => startEtcd({ 'auth-token-ttl': '1' }));

  it('publishes with a new token, and loses neither its lease nor its view', async () => {
    await lockEtcd(running.etcd, 'secret');
    const access = { username: 'root', password: 'secret' };
    await putPod(access);
    const [a, b] = [await launch('a', access), await launch('b', access)];
    await Promise.all([hasJoined(a), hasJoined(b)]);
    const open: OpenExchange[] = [];
    for (let nth = 0; nth < 2; nth += 1) {
      // Longer than a token lives: etcd looks every second.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      open.push(await openExchange(a.address));
      await eventually(async () => expect((await b.state()).pool[0]?.view).toBe(open.length), soon);
    }
    for (const one of [a, b]) {
      await hasJoined(one);
      expect((await one.state()).store).toMatchObject({ regrants: 0, writeProblem: null });
    }
    for (const exchange of open) exchange.end();
  }, 60_000);
});

describe('when etcd is defragmented while counts change', () => {
  beforeEach(() => startEtcd({ 'quota-backend-bytes': String(1024 * 1024 * 1024) }));

  it('keeps its leases, and every count arrives', async () => {
    await putPod();
    const [a, b] = [await launch('a'), await launch('b')];
    await Promise.all([hasJoined(a), hasJoined(b)]);
    await fill(20);
    let isLoaded = true;
    const load = (async () => {
      while (isLoaded) (await openExchange(a.address)).end();
    })();
    try {
      for (let nth = 0; nth < 3; nth += 1) await maintain('maintenance/defragment', {});
    } finally {
      isLoaded = false;
      await load;
    }
    const exchange = await openExchange(a.address);
    await eventually(async () => expect((await b.state()).pool[0]?.view).toBe(1), soon);
    for (const one of [a, b]) expect((await one.state()).store.regrants).toBe(0);
    exchange.end();
    await eventually(async () => expect((await b.state()).pool[0]?.view).toBe(0), soon);
  }, 60_000);

  async function fill(megabytes: number): Promise<void> {
    await useEtcd(async ({ keys }) => {
      const value = Buffer.alloc(1024 * 1024, 'x');
      for (let nth = 0; nth < megabytes; nth += 1) await keys.put(`../ballast/${nth}`).value(value).exec();
    });
  }
});

describe('when etcd is restored from a backup', () => {
  beforeEach(() => startEtcd());

  it('notices that it went back, and has all records again within 2 s', async () => {
    await putPod();
    const [a, b] = [await launch('a', { leaseTtlSeconds: 20 }), await launch('b', { leaseTtlSeconds: 20 })];
    await Promise.all([hasJoined(a), hasJoined(b)]);
    const backup = join(folder, 'backup');
    await running.etcd.restart('kept');
    await running.etcd.stop();
    await cp(running.dataDir, backup, { recursive: true });
    await running.etcd.restart('kept');
    await Promise.all([isWhole(a, b), isWhole(b, a)]);
    const before = await openExchange(a.address);
    for (let nth = 0; nth < 30; nth += 1) await putPod();
    await eventually(async () => expect((await b.state()).pool[0]?.view).toBe(1), soon);

    await running.etcd.kill();
    await rm(running.dataDir, { recursive: true });
    await cp(backup, running.dataDir, { recursive: true });
    await running.etcd.restart('kept');
    await eventually(async () => {
      expect((await b.state()).pool[0]?.view).toBe(1);
      await isWhole(a, b);
    }, soon);
    // Whatever is written now arrives: no watch waits for a revision of the past.
    const after = await openExchange(a.address);
    await eventually(async () => expect((await b.state()).pool[0]?.view).toBe(2), soon);
    before.end();
    after.end();
    await eventually(async () => expect((await b.state()).pool[0]?.view).toBe(0), soon);
  }, 60_000);

  async function isWhole(instance: Baton, peer: Baton): Promise<void> {
    await hasJoined(instance);
    await eventually(async () => {
      const { peers, pool } = await instance.state();
      expect(peers.map(({ id }) => id)).toEqual([peer.name]);
      expect(pool.map(({ address }) => address)).toEqual([pod]);
    }, soon);
  }
});
