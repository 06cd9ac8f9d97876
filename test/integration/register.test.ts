import { connect } from '../../src/etcd/client.ts';
import { EtcdSession } from '../../src/etcd/etcdSession.ts';
import { collectSnapshot } from '../../src/etcd/records.ts';
import { CompositePool } from '../../src/pool/compositePool.ts';
import { Prober } from '../../src/pool/prober.ts';
import { RegisteredSource } from '../../src/pool/registeredSource.ts';
import { subscriptionTo } from '../../src/proto/records/recordRules.ts';
import { stateCodecs } from '../../src/proto/stateCodecs.ts';
import { batonCommandLine } from '../../tools/testbed/batonEntry.ts';
import { ChildProcess } from '../../tools/testbed/childProcess.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { startTestEtcd } from '../support/testEtcd.ts';

checkForLeaks();

const pod = '127.0.0.1:9';
const leaseTtlSeconds = 2;

let running: Awaited<ReturnType<typeof startTestEtcd>>;
let store: EtcdSession;
let pool: CompositePool;
const sidecars: ChildProcess[] = [];

beforeEach(async () => {
  running = await startTestEtcd();
  ({ store, pool } = await startPool());
});

afterEach(async () => {
  await Promise.all(sidecars.splice(0).map((sidecar) => sidecar.kill()));
  await pool.stop();
  await store.stop();
  await running.stop();
});

/** An instance's pool, fed by registrations alone. */
async function startPool() {
  const store = new EtcdSession(storeOptions());
  const report = { log: { info() {}, warn() {} }, count() {} };
  const codec = stateCodecs.registeredEndpoint;
  const source = new RegisteredSource({ codec, onSkipped() {} });
  const pool = new CompositePool({ sources: [source], report });
  await pool.start();
  store.start({ records: pool.subscriptions });
  return { store, pool };
}

function storeOptions() {
  const prefix = '/baton/v1/test/';
  return { endpoints: [running.etcd.endpoint], prefix, leaseTtlSeconds, requestTimeoutMs: 1000 };
}

/** `baton register` as a sidecar runs it. */
async function startSidecar(...flags: string[]): Promise<ChildProcess> {
  const { endpoints, requestTimeoutMs } = storeOptions();
  const settings = {
    'pool.name': 'test',
    'etcd.leaseTtlSeconds': leaseTtlSeconds,
    'etcd.requestTimeoutMs': requestTimeoutMs,
  };
  const [command, ...args] = batonCommandLine(
    'register',
    ...(flags.includes('--address') ? [] : ['--address', pod]),
    ...endpoints.flatMap((endpoint) => ['--etcd', endpoint]),
    ...Object.entries(settings).flatMap(([path, value]) => ['--set', `${path}=${value}`]),
    ...flags,
  );
  const sidecar = await ChildProcess.start({ name: 'sidecar', command, args });
  sidecars.push(sidecar);
  return sidecar;
}

const addresses = () => pool.all().map(({ address }) => address);

describe('when a pod has a sidecar', () => {
  it('is in the pool as it describes itself, and leaves it at once on SIGTERM', async () => {
    const sidecar = await startSidecar(...'--weight 2 --label gpu=h100 --model m --slots 8'.split(' '));
    await eventually(() => {
      expect(pool.all()).toEqual([
        { address: pod, weight: 2, labels: { gpu: 'h100' }, models: ['m'], slots: 8 },
      ]);
    });
    const exit = await sidecar.stop();
    expect(exit).toEqual({ code: 0, signal: null });
    // It deletes its record before it exits, long before the lease expires.
    expect(await isRecorded()).toBe(false);
    await eventually(() => expect(addresses()).toEqual([]));
  });

  it('stays in the pool beyond the time of its lease', async () => {
    await startSidecar();
    await eventually(() => expect(addresses()).toEqual([pod]));
    let changes = 0;
    pool.onChange(() => changes++);
    // etcd has revoked a lease that began later and is never renewed.
    await leaseExpired(2 * leaseTtlSeconds);
    expect([changes, addresses()]).toEqual([0, [pod]]);
  });
});

describe('when pod and sidecar are killed', () => {
  it('leaves the pool with the lease', async () => {
    const sidecar = await startSidecar();
    await eventually(() => expect(addresses()).toEqual([pod]));
    await sidecar.kill();
    await eventually(() => expect(addresses()).toEqual([]), { timeoutMs: 4 * leaseTtlSeconds * 1000 });
  });
});

describe('when the record is deleted while its lease lives', () => {
  it('is back', async () => {
    const sidecar = await startSidecar();
    const written = () => sidecar.output.text().split('"registration.written"').length - 1;
    await eventually(() => expect([addresses(), written()]).toEqual([[pod], 1]));
    await deleteRecord();
    await eventually(() => expect([addresses(), written()]).toEqual([[pod], 2]));
    // What is written again lives as long as the first record.
    await leaseExpired(2 * leaseTtlSeconds);
    expect(addresses()).toEqual([pod]);
  });
});

describe('when two registrars of one address overlap', () => {
  it('keeps the record of the one that started last, and no pod is away for a moment', async () => {
    const first = await startSidecar('--weight', '2');
    await eventually(() => expect(addresses()).toEqual([pod]));
    await startSidecar('--weight', '3');
    await eventually(() => expect(pool.all()[0]?.weight).toBe(3));
    let wasEmpty = false;
    pool.onChange(() => {
      wasEmpty ||= pool.all().length === 0;
    });
    await first.stop();
    await leaseExpired(leaseTtlSeconds);
    expect([wasEmpty, pool.all()[0]?.weight]).toEqual([false, 3]);
  });

  it('the older one writes its record again when the newer one is gone', async () => {
    await startSidecar('--weight', '2');
    await eventually(() => expect(addresses()).toEqual([pod]));
    const second = await startSidecar('--weight', '3');
    await eventually(() => expect(pool.all()[0]?.weight).toBe(3));
    await second.stop();
    await eventually(() => expect(pool.all()[0]?.weight).toBe(2));
  });

  it('the older one leaves the record alone after it lost its own lease', async () => {
    const first = await startSidecar('--weight', '2');
    await eventually(() => expect(addresses()).toEqual([pod]));
    await startSidecar('--weight', '3');
    await eventually(() => expect(pool.all()[0]?.weight).toBe(3));
    first.pause();
    await leaseExpired(2 * leaseTtlSeconds);
    first.resume();
    await first.waitForLine(/"event":"registration.failed"/);
    await leaseExpired(leaseTtlSeconds);
    await first.stop();
    await leaseExpired(leaseTtlSeconds);
    expect(pool.all()[0]?.weight).toBe(3);
  });
});

describe('when etcd loses everything', () => {
  it('registers again', async () => {
    await startSidecar();
    await eventually(() => expect(addresses()).toEqual([pod]));
    await running.etcd.restart('empty');
    await eventually(async () => expect(await recordCount()).toBe(1), { timeoutMs: 20_000 });
    await eventually(() => expect(addresses()).toEqual([pod]));
  });
});

describe('when a registered pod is probed', () => {
  it('is in the pool and not ready while it refuses connections', async () => {
    const probed = new EtcdSession(storeOptions());
    const report = { log: { info() {}, warn() {} }, count() {} };
    const codec = stateCodecs.registeredEndpoint;
    const health = new Prober({
      path: '/health',
      intervalMs: 20,
      timeoutMs: 200,
      healthyThreshold: 1,
      unhealthyThreshold: 1,
    });
    const source = new RegisteredSource({ codec, onSkipped() {} });
    const withProber = new CompositePool({ sources: [source], health, report });
    const verdicts: string[] = [];
    health.onVerdict(({ reason }) => verdicts.push(reason));
    await withProber.start();
    probed.start({ records: withProber.subscriptions });
    await startSidecar();
    await eventually(() => expect(verdicts).toEqual([`connect ECONNREFUSED ${pod}`]));
    expect([withProber.all().length, withProber.ready().length]).toEqual([1, 0]);
    await withProber.stop();
    await probed.stop();
  });
});

describe('when etcd cannot be reached', () => {
  it('prints the reason, retries, and still ends on SIGTERM', async () => {
    await running.etcd.stop();
    const sidecar = await startSidecar();
    await eventually(() =>
      expect(sidecar.output.text()).toMatch(/"event":"registration.failed".*ECONNREFUSED/),
    );
    expect(await sidecar.stop()).toEqual({ code: 0, signal: null });
    const again = await startSidecar();
    await running.etcd.restart('kept');
    await eventually(() => expect(again.output.text()).toContain('"registration.written"'), {
      timeoutMs: 20_000,
    });
  });
});

describe('when the flags are wrong', () => {
  it('prints every problem and exits with 64', async () => {
    const sidecar = await startSidecar('--address', 'pod', '--slots', 'many');
    expect(await sidecar.exited).toEqual({ code: 64, signal: null });
    const output = sidecar.output.text();
    expect(output).toMatch(/baton: register: --address: expected .*--slots: expected .*not "many"/);
  });
});

/** Resolves when etcd has revoked a new lease that is not kept alive. */
async function leaseExpired(ttlSeconds: number): Promise<void> {
  const { keys, close } = connect(storeOptions(), storeOptions().prefix);
  await keys.lease(ttlSeconds, { autoKeepAlive: false }).put('marker').value('');
  await eventually(async () => expect(await keys.get('marker').string()).toBeNull(), {
    timeoutMs: 4 * ttlSeconds * 1000,
  });
  close();
}

/** What an operator does by mistake: the lease goes on. */
async function deleteRecord(): Promise<void> {
  const { keys, close } = connect(storeOptions(), storeOptions().prefix);
  await keys.delete().key(`endpoints/${pod}`);
  close();
}

async function isRecorded(): Promise<boolean> {
  const { keys, close } = connect(storeOptions(), storeOptions().prefix);
  const record = await keys.get(`endpoints/${pod}`).buffer();
  close();
  return record !== null;
}

async function recordCount(): Promise<number> {
  const reader = new EtcdSession(storeOptions());
  let count = -1;
  const listener = {
    beginSnapshot: () =>
      collectSnapshot((records) => {
        count = records.size;
      }),
    onPut() {},
    onDelete() {},
  };
  reader.start({ records: [subscriptionTo('endpoints', listener)] });
  await eventually(() => count >= 0);
  await reader.stop();
  return count;
}
