import { stateCodecs } from '../../src/proto/stateCodecs.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { type OpenExchange, openExchange } from '../../tools/testbed/extProcClient.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { eventually } from '../support/eventually.ts';
import { HealthChecks } from '../support/healthChecks.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/**
 * Every instance is stopped and started again: records that outlive a session are there, and no
 * others. Real processes on a real etcd. The leases are long, so that a missing record was deleted
 * and did not expire.
 */
checkForLeaks();

const longWait = { timeoutMs: 30_000 };
const registered = '10.0.0.1:8000';
const registeredWithoutLease = '10.0.0.2:8000';
const openOnA = 3;
const openOnB = 2;

let cluster: BatonCluster;
let a: Baton;
let b: Baton;
const exchanges: OpenExchange[] = [];
let proxy: HealthChecks | undefined;

afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  for (const exchange of exchanges.splice(0)) exchange.end();
  await cluster.stop();
});

/** Starts two generations with every kind of permanent record, and with requests in flight. */
async function setUp(handoffTtlMs: number): Promise<void> {
  cluster = await BatonCluster.start({
    pool: { etcd: true, probe: { enabled: false } },
    etcd: { leaseTtlSeconds: 60 },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 300 },
    upgrade: { settleMs: 0, handoffTtlMs },
  });
  const pod = stateCodecs.registeredEndpoint.encode({ address: registeredWithoutLease, weight: 2 });
  await cluster.put(`endpoints/${registeredWithoutLease}`, pod);
  a = await cluster.instance('a', { instance: { generation: 1 } });
  b = await cluster.instance('b', { instance: { generation: 2 } });
  await Promise.all([cluster.register(registered), a.start(), b.start()]);
  for (const command of ['dynamic set scheduling.policy=round-robin', 'upgrade pin 1']) {
    expect(await cluster.command(...command.split(' '))).toMatchObject({ exitCode: 0, stderr: '' });
  }
  for (let i = 0; i < openOnA; i += 1) exchanges.push(await openExchange(a.address));
  for (let i = 0; i < openOnB; i += 1) exchanges.push(await openExchange(b.address));
  await eventually(async () => {
    for (const instance of [a, b]) expect(await viewOf(instance)).toBe(openOnA + openOnB);
  }, longWait);
}

async function viewOf(instance: Baton): Promise<number> {
  return (await instance.state()).pool.reduce((sum, { view }) => sum + view, 0);
}

/** The keys of the pool; a handoff's without its start time. */
async function keys(): Promise<string[]> {
  const all = [...(await cluster.records()).keys()];
  return all.map((key) => key.replace(/^(handoffs\/[^/]+)\/\d+$/, '$1')).toSorted();
}

const permanent = ['config', `endpoints/${registered}`, `endpoints/${registeredWithoutLease}`, 'target'];
/** With the handoffs of two instances, in the order of the keys. */
const permanentAndHandoffs = [...permanent.slice(0, 3), 'handoffs/a', 'handoffs/b', 'target'];

/** Waits until the instance has applied the permanent records, and no others. */
async function expectPermanentState(instance: Baton): Promise<void> {
  await eventually(async () => {
    const { pool, dynamic, steering } = await instance.state();
    expect(pool.map(({ address }) => address).toSorted()).toEqual([registered, registeredWithoutLease]);
    expect(pool.find(({ address }) => address === registeredWithoutLease)?.weight).toBe(2);
    expect(dynamic?.settings['scheduling.policy']).toEqual({ value: 'round-robin', own: 'least-request' });
    expect(steering.pinnedGeneration).toBe(1);
  }, longWait);
}

describe.each([
  ['etcd keeps running', async () => {}],
  ['etcd is restarted meanwhile', () => cluster.etcd.restart('kept')],
] as const)('when every instance is stopped and started again, and %s', (_, meanwhile) => {
  const handoffTtlMs = 600_000;

  it('applies permanent records, counts handoffs, and nothing else', async () => {
    await setUp(handoffTtlMs);
    await Promise.all([a.stopCleanly(), b.stopCleanly()]);
    const stoppedUnixMs = Date.now();
    expect(await keys()).toEqual(permanentAndHandoffs);
    await meanwhile();
    await eventually(async () => expect(await keys()).toEqual(permanentAndHandoffs));

    const c = await cluster.instance('c', { instance: { generation: 2 } });
    await Promise.all([a.start(), b.start(), c.start()]);
    proxy = new HealthChecks([a, b, c]);
    for (const [instance, phase] of [
      [a, 'ready'],
      [b, 'standby'],
      [c, 'standby'],
    ] as const) {
      await expectPermanentState(instance);
      await eventually(async () => {
        const { instance: self, peers } = await instance.state();
        expect(self.phase).toBe(phase);
        expect(peers).toHaveLength(2);
      }, longWait);

      const readUnixMs = Date.now();
      const { handoffs, peers, pool, firstDecision } = await instance.state();
      const maxShare = 1 - (readUnixMs - stoppedUnixMs) / handoffTtlMs;
      const handedOff = { a: openOnA, b: openOnB };
      const byInstance = handoffs.map(({ instance, inFlight }) => [instance.replace(/\/\d+$/, ''), inFlight]);
      expect(Object.fromEntries(byInstance)).toEqual(handedOff);
      for (const { inFlight, counted } of handoffs) {
        expect(counted).toBeGreaterThan(0);
        // It decays from the moment of the handoff, however late it is read.
        expect(counted).toBeLessThanOrEqual(inFlight * maxShare + 0.001);
      }
      const counted = handoffs.reduce((sum, handoff) => sum + handoff.counted, 0);
      const view = pool.reduce((sum, endpoint) => sum + endpoint.view, 0);
      expect(view).toBeCloseTo(counted, 1);
      expect(pool.map(({ local }) => local)).toEqual([0, 0]);
      expect(peers.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
      expect(firstDecision).toBeNull();
      await eventually(async () => expect(await viewOf(instance)).toBeLessThan(counted), longWait);
    }
    expect((await keys()).filter((key) => key.startsWith('instances/'))).toEqual(
      ['a', 'b', 'c'].map((id) => `instances/${id}`),
    );
  }, 180_000);
});

describe('when handoffs expire', () => {
  it('counts nothing, and etcd has no handoff', async () => {
    await setUp(3_000);
    await Promise.all([a.stopCleanly(), b.stopCleanly()]);
    const c = await cluster.instance('c');
    await c.start();
    await eventually(async () => {
      expect((await c.state()).handoffs).toEqual([]);
      expect(await viewOf(c)).toBe(0);
      expect(await keys()).toEqual([...permanent, 'instances/c', 'load/c'].toSorted());
    }, longWait);
    await c.stopCleanly();
    expect(await keys()).toEqual(permanent);
  }, 180_000);
});
