import { stateCodecs } from '../../src/proto/stateCodecs.ts';
import type { Baton } from '../../tools/testbed/baton.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { eventually } from '../support/eventually.ts';
import { type OpenExchange, openExchange } from '../support/fakeEnvoyClient.ts';
import { checkForLeaks } from '../support/leakCheck.ts';

/**
 * Every instance is stopped and started again: what does not belong to a session is there, and nothing else is.
 * Real processes on a real etcd; the leases are long, so that what is gone was taken away and has not just expired.
 */
checkForLeaks();

const patience = { timeoutMs: 30_000 };
const registered = '10.0.0.1:8000';
const registeredWithoutLease = '10.0.0.2:8000';
const heldByA = 3;
const heldByB = 2;

let fleet: BatonCluster;
let a: Baton;
let b: Baton;
const exchanges: OpenExchange[] = [];

afterEach(async () => {
  for (const exchange of exchanges.splice(0)) exchange.end();
  await fleet.stop();
});

/** Two generations with everything that is to outlive them, and with requests in flight. */
async function furnish(handoffTtlMs: number): Promise<void> {
  fleet = await BatonCluster.start({
    pool: { etcd: true, probe: { enabled: false } },
    etcd: { leaseTtlSeconds: 60 },
    drain: { noticeMs: 0, quietMs: 0, graceMs: 300 },
    upgrade: { settleMs: 0, handoffTtlMs },
  });
  const pod = stateCodecs.registeredEndpoint.encode({ address: registeredWithoutLease, weight: 2 });
  await fleet.put(`endpoints/${registeredWithoutLease}`, pod);
  a = await fleet.instance('a', { instance: { generation: 1 } });
  b = await fleet.instance('b', { instance: { generation: 2 } });
  await Promise.all([fleet.register(registered), a.start(), b.start()]);
  for (const command of ['dynamic set scheduling.policy=round-robin', 'upgrade pin 1']) {
    expect(await fleet.command(...command.split(' '))).toMatchObject({ exitCode: 0, stderr: '' });
  }
  for (let i = 0; i < heldByA; i += 1) exchanges.push(await openExchange(a.address));
  for (let i = 0; i < heldByB; i += 1) exchanges.push(await openExchange(b.address));
  await eventually(async () => {
    for (const instance of [a, b]) expect(await viewOf(instance)).toBe(heldByA + heldByB);
  }, patience);
}

async function viewOf(instance: Baton): Promise<number> {
  return (await instance.state()).pool.reduce((sum, { view }) => sum + view, 0);
}

/** Keys of the pool; of a handoff only who left it. */
async function keys(): Promise<string[]> {
  const all = [...(await fleet.records()).keys()];
  return all.map((key) => key.replace(/^(handoffs\/[^/]+)\/\d+$/, '$1')).toSorted();
}

const lasting = ['config', `endpoints/${registered}`, `endpoints/${registeredWithoutLease}`, 'target'];
/** With what two instances left in flight, in the order of the keys. */
const lastingAndHandoffs = [...lasting.slice(0, 3), 'handoffs/a', 'handoffs/b', 'target'];

/** What the instance knows of what was there before it started, and of nothing else. */
async function expectLastingState(instance: Baton): Promise<void> {
  await eventually(async () => {
    const { pool, dynamic: live, steering } = await instance.state();
    expect(pool.map(({ address }) => address).toSorted()).toEqual([registered, registeredWithoutLease]);
    expect(pool.find(({ address }) => address === registeredWithoutLease)?.weight).toBe(2);
    expect(live?.settings['scheduling.policy']).toEqual({ value: 'round-robin', own: 'least-request' });
    expect(steering.pinnedGeneration).toBe(1);
  }, patience);
}

describe.each([
  ['etcd runs on', async () => {}],
  ['etcd is restarted meanwhile', () => fleet.etcd.restart('kept')],
] as const)('when every instance is stopped and started again, and %s', (_, meanwhile) => {
  const handoffTtlMs = 600_000;

  it('finds what must persist, counts what was left in flight, and nothing more', async () => {
    await furnish(handoffTtlMs);
    await Promise.all([a.stopCleanly(), b.stopCleanly()]);
    const endedUnixMs = Date.now();
    expect(await keys()).toEqual(lastingAndHandoffs);
    await meanwhile();
    await eventually(async () => expect(await keys()).toEqual(lastingAndHandoffs));

    const c = await fleet.instance('c', { instance: { generation: 2 } });
    await Promise.all([a.start(), b.start(), c.start()]);
    for (const [instance, phase] of [
      [a, 'ready'],
      [b, 'standby'],
      [c, 'standby'],
    ] as const) {
      await expectLastingState(instance);
      await eventually(async () => {
        const { instance: self, peers } = await instance.state();
        expect(self.phase).toBe(phase);
        expect(peers).toHaveLength(2);
      }, patience);

      const askedUnixMs = Date.now();
      const { handoffs, peers, pool, firstDecision } = await instance.state();
      const mostCounted = 1 - (askedUnixMs - endedUnixMs) / handoffTtlMs;
      const left = { a: heldByA, b: heldByB };
      const givers = handoffs.map(({ instance, inFlight }) => [instance.replace(/\/\d+$/, ''), inFlight]);
      expect(Object.fromEntries(givers)).toEqual(left);
      for (const { inFlight, counted } of handoffs) {
        expect(counted).toBeGreaterThan(0);
        // It goes on fading from when it was left, however late the reader comes.
        expect(counted).toBeLessThanOrEqual(inFlight * mostCounted + 0.001);
      }
      const counted = handoffs.reduce((sum, handoff) => sum + handoff.counted, 0);
      const view = pool.reduce((sum, endpoint) => sum + endpoint.view, 0);
      expect(view).toBeCloseTo(counted, 1);
      expect(pool.map(({ local: own }) => own)).toEqual([0, 0]);
      expect(peers.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
      expect(firstDecision).toBeNull();
      await eventually(async () => expect(await viewOf(instance)).toBeLessThan(counted), patience);
    }
    expect((await keys()).filter((key) => key.startsWith('instances/'))).toEqual(
      ['a', 'b', 'c'].map((id) => `instances/${id}`),
    );
  }, 180_000);
});

describe('when the time of what was left in flight is over', () => {
  it('is counted by nobody any more, and gone from etcd', async () => {
    await furnish(3_000);
    await Promise.all([a.stopCleanly(), b.stopCleanly()]);
    const c = await fleet.instance('c');
    await c.start();
    await eventually(async () => {
      expect((await c.state()).handoffs).toEqual([]);
      expect(await viewOf(c)).toBe(0);
      expect(await keys()).toEqual([...lasting, 'instances/c', 'load/c'].toSorted());
    }, patience);
    await c.stopCleanly();
    expect(await keys()).toEqual(lasting);
  }, 180_000);
});
