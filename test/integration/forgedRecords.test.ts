import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type EtcdClient } from '../../src/etcd/client.ts';
import { encodeLoads } from '../../src/ledger/loadRecord.ts';
import { encodeInstance, type InstanceRecord } from '../../src/proto/records/instanceRecord.ts';
import { encodePinnedGeneration } from '../../src/proto/records/pinnedGeneration.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { openExchange } from '../../tools/testbed/extProcClient.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { viewOf } from '../support/counts.ts';
import { eventually } from '../support/eventually.ts';
import { HealthChecks } from '../support/healthChecks.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/**
 * Records that no instance has written, under the keys of instances: none of them moves the fleet.
 * Two instances as processes, a real etcd, and a proxy that checks their health.
 */
// Before the check for leaks, in the order in which they are written.
afterAll(async () => {
  client.close();
  await proxy.stop();
  await cluster.stop();
});
checkForLeaks();

const wait = { timeoutMs: 30_000 };
const settleMs = 300;
const pod = '10.0.0.1:80';

let cluster: BatonCluster;
let fleet: readonly [Baton, Baton];
let newer: Baton;
let proxy: HealthChecks;
let client: EtcdClient;

beforeAll(async () => {
  cluster = await BatonCluster.start({
    pool: { endpoints: [pod] },
    etcd: { leaseTtlSeconds: 2 },
    upgrade: { settleMs },
    instance: { generation: 1 },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 1000 },
  });
  fleet = [await cluster.instance('a'), await cluster.instance('b')];
  newer = await cluster.instance('newer', { instance: { generation: 2 }, upgrade: { settleMs } });
  proxy = new HealthChecks(fleet);
  await Promise.all(fleet.map((instance) => instance.start()));
  const options = { endpoints: [cluster.etcd.endpoint], requestTimeoutMs: 5_000 };
  client = connect(options, '/baton/v1/default/');
});

afterEach(async () => {
  for (const prefix of ['forged', 'instances/forged', 'load/forged', 'target'])
    await client.keys.delete().prefix(prefix);
});

function forged(id: string, fields: Partial<InstanceRecord> = {}): Buffer {
  const record = {
    id,
    release: '9',
    generation: 9,
    phase: 'ready',
    addresses: [],
    zone: '',
    startedUnixMs: 1,
    withoutEndpoints: false,
    sequence: 1,
    ...fields,
  } as const;
  return Buffer.from(encodeInstance(record));
}

const phases = () => Promise.all(fleet.map(async (instance) => (await instance.state()).instance.phase));
const skipped = async () => (await fleet[0].state()).store.recordsSkipped;

/** Several times what it takes to stand by. */
async function noneMoves(): Promise<void> {
  for (let nth = 0; nth < 10; nth += 1) {
    expect(await phases()).toEqual(['ready', 'ready']);
    await sleep(settleMs);
  }
}

describe('records of ready instances of a newer generation', () => {
  it('move no one without a lease, also with a pin to them', async () => {
    const before = await skipped();
    for (const id of ['forged-1', 'forged-2']) await client.keys.put(`instances/${id}`).value(forged(id));
    const pinned = { generation: 9, reason: '', setUnixMs: 1 };
    await client.keys.put('target').value(Buffer.from(encodePinnedGeneration(pinned)));
    await eventually(async () => expect(await skipped()).toBe(before + 2), wait);
    await noneMoves();
    expect((await fleet[0].state()).peers.map(({ id }) => id)).toEqual(['b']);
  });

  it('move no one with a lease either, while they do nothing', async () => {
    const lease = client.keys.lease(60, { autoKeepAlive: false });
    for (const id of ['forged-1', 'forged-2', 'forged-3'])
      await lease.put(`instances/${id}`).value(forged(id));
    await eventually(async () => {
      const { steering } = await fleet[0].state();
      expect(steering.unproven.filter((id) => id.startsWith('forged')).length).toBe(3);
    }, wait);
    await noneMoves();
    await lease.revoke();
  });

  it('move all with load reports as well, as SECURITY.md says; not those of a pinned generation', async () => {
    const lease = client.keys.lease(60, { autoKeepAlive: false });
    const ids = ['forged-1', 'forged-2'];
    for (const id of ids) await lease.put(`instances/${id}`).value(forged(id));
    await eventually(async () => expect((await fleet[0].state()).steering.unproven).toEqual(ids), wait);
    for (const id of ids) await lease.put(`load/${id}`).value(encodeLoads(1, new Map()));
    await eventually(async () => expect(await phases()).toEqual(['standby', 'standby']), wait);
    const pinned = { generation: 1, reason: '', setUnixMs: 1 };
    await client.keys.put('target').value(Buffer.from(encodePinnedGeneration(pinned)));
    await eventually(async () => expect(await phases()).toEqual(['ready', 'ready']), wait);
    for (const id of ids) await lease.put(`load/${id}`).value(encodeLoads(2, new Map()));
    await noneMoves();
    await client.keys.delete().key('target');
    for (const id of ids) await lease.put(`load/${id}`).value(encodeLoads(3, new Map()));
    await eventually(async () => expect(await phases()).toEqual(['standby', 'standby']), wait);
    await lease.revoke();
    await eventually(async () => expect(await phases()).toEqual(['ready', 'ready']), wait);
  });

  it.each([
    ['replaced by one without a lease', () => client.keys.put('instances/b').value(forged('b'))],
    ['deleted', () => client.keys.delete().key('instances/b')],
  ])('do not stay under the id of an instance that runs: its record is %s', async (_, change) => {
    await change();
    await eventually(async () => {
      const { kvs } = await client.keys.get('instances/b').exec();
      expect(kvs[0]?.lease).not.toBe('0');
      expect((await fleet[0].state()).peers).toMatchObject([{ id: 'b', generation: 1, phase: 'ready' }]);
    }, wait);
    await noneMoves();
  });
});

describe('load reports and handoffs', () => {
  it('count for nothing without a lease', async () => {
    const exchange = await openExchange(fleet[0].address);
    const before = await skipped();
    await client.keys.put('load/forged').value(encodeLoads(1, new Map([[pod, 1_000]])));
    await eventually(async () => expect(await skipped()).toBe(before + 1), wait);
    expect(await viewOf(fleet[0])).toEqual({ [pod]: 1 });
    exchange.end();
  });
});

describe('a real newer generation', () => {
  it('moves the fleet as soon as a proxy reaches it, and not before', async () => {
    await newer.start();
    // Alone, it replaces one of two only where that is allowed.
    const pinned = { generation: 2, reason: '', setUnixMs: 1 };
    await client.keys.put('target').value(Buffer.from(encodePinnedGeneration(pinned)));
    await eventually(async () => expect((await fleet[0].state()).steering.unproven).toEqual(['newer']), wait);
    await noneMoves();
    const reached = new HealthChecks([newer]);
    try {
      await eventually(async () => expect(await phases()).toEqual(['standby', 'standby']), wait);
    } finally {
      await reached.stop();
    }
    await newer.kill();
    await eventually(async () => expect(await phases()).toEqual(['ready', 'ready']), wait);
  });
});
