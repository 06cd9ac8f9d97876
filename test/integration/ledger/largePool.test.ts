import type { EtcdClient } from '../../../src/etcd/client.ts';
import { connect } from '../../../src/etcd/client.ts';
import { until } from '../../../tools/testbed/until.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { type LedgerInstance, type LedgerOptions, startLedger } from '../../support/ledgerInstance.ts';
import { ManualClock } from '../../support/manualClock.ts';
import { PreviousRelease } from '../../support/previousRelease.ts';
import { startTestEtcd } from '../../support/testEtcd.ts';

/** Requests on so many endpoints that their counts are spread over many records, on a real etcd. */
checkForLeaks();

const prefix = '/baton/v1/test/';
const addresses = Array.from({ length: 2_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:8000`);
const [pod1 = ''] = addresses;

let running: Awaited<ReturnType<typeof startTestEtcd>>;
let client: EtcdClient;
const instances: LedgerInstance[] = [];

beforeEach(async () => {
  running = await startTestEtcd();
  client = connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 5_000 }, prefix);
});

afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.stop()));
  client.close();
  await running.stop();
});

async function join(id: string, options: LedgerOptions = {}): Promise<LedgerInstance> {
  const instance = startLedger(id, running.etcd.endpoint, { requestTimeoutMs: 5_000, ...options });
  instances.push(instance);
  await until(() => instance.store.state.kind === 'joined', { what: `${id} to join`, timeoutMs: 20_000 });
  return instance;
}

function seesAll({ ledger, id }: LedgerInstance, from: LedgerInstance): Promise<true> {
  const what = `${id} to see what ${from.id} has`;
  return until(
    () => {
      const local = from.ledger.local();
      return (
        ledger.view().size === local.size &&
        [...local].every(([key, count]) => ledger.inFlight(key) === count)
      );
    },
    { what, timeoutMs: 20_000 },
  );
}

async function loadKeys(): Promise<string[]> {
  return await client.keys.getAll().prefix('load/').keys();
}

/** Every chunk has a record of its own, and the first record is empty. */
async function isSpread(id: string, beforeEachPoll: () => void = () => {}): Promise<void> {
  await until(
    async () => {
      beforeEachPoll();
      const first = await client.keys.get(`load/${id}`).buffer();
      const chunks = await client.keys.getAll().prefix(`load/${id}/`).keys();
      return first !== null && first.length < 10 && chunks.length > 500;
    },
    { what: `the counts of ${id} to be spread`, timeoutMs: 20_000 },
  );
}

/** Every change of one instance's counts from now on, by revision. */
async function follow(id: string) {
  const revisions = new Map<string, { keys: number; bytes: number }>();
  const watcher = await client.keys.watch().prefix(`load/${id}`).create();
  watcher.on('data', ({ events }) => {
    for (const { kv } of events) {
      const known = revisions.get(kv.mod_revision) ?? { keys: 0, bytes: 0 };
      revisions.set(kv.mod_revision, { keys: known.keys + 1, bytes: known.bytes + kv.value.length });
    }
  });
  return { revisions, cancel: () => watcher.cancel() };
}

describe('with requests on thousands of endpoints', () => {
  it('gives all instances the same counts, a new one and the previous release too', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    const previous = new PreviousRelease('previous', running.etcd.endpoint, { prefix, generation: 1 });
    try {
      await until(() => previous.store.state.kind === 'joined', { what: 'the previous release to join' });
      const reservations = addresses.map((address) => a.ledger.reserve(address));
      await isSpread('a');
      await seesAll(b, a);
      expect((await loadKeys()).length).toBeGreaterThan(500);
      await seesAll(await join('c'), a);
      await until(() => addresses.every((address) => previous.inFlight(address) === 1), {
        what: 'the previous release to see them all',
        timeoutMs: 20_000,
      });
      expect(b.ledger.peerTotals).toEqual(new Map([['a', 2_000]]));

      for (const one of reservations) one.release();
      await until(() => b.ledger.view().size === 0 && previous.inFlight(pod1) === 0, {
        what: 'nothing to be left',
        timeoutMs: 20_000,
      });
      expect((await loadKeys()).sort()).toEqual(['load/a', 'load/b', 'load/c', 'load/previous']);
    } finally {
      await previous.stop();
    }
  });

  it('writes only the changed chunks, in one transaction, and nothing while idle', async () => {
    const clock = new ManualClock();
    const options = { clock, checkIntervalMs: 0, minIntervalMs: 50 };
    const [a, b] = await Promise.all([join('a', options), join('b')]);
    for (const address of addresses) a.ledger.reserve(address);
    await isSpread('a', () => clock.advance(50));
    await until(() => a.ledger.isPublished, { what: 'the last chunks' });
    const { revisions, cancel } = await follow('a');
    for (const address of addresses.slice(0, 5)) a.ledger.reserve(address);
    clock.advance(50);
    await seesAll(b, a);
    await until(() => revisions.size > 0 && a.ledger.isPublished, { what: 'the change in the watch' });
    clock.advance(10_000);
    expect(clock.pendingTimers).toBe(0);
    await cancel();
    // At most five chunks, and the first record.
    expect([...revisions.values()]).toHaveLength(1);
    expect([...revisions.values()][0]?.keys).toBeLessThanOrEqual(6);
    expect([...revisions.values()][0]?.bytes).toBeLessThan(1_500);
  });

  it('writes once in an interval, however much changes, and no more than fits one transaction', async () => {
    const clock = new ManualClock();
    const options = { clock, checkIntervalMs: 0, minIntervalMs: 50 };
    const [a] = await Promise.all([join('a', options), join('b')]);
    await until(() => a.ledger.instances.size === 2, { what: 'b in the view' });
    for (const address of addresses) a.ledger.reserve(address);
    const { revisions, cancel } = await follow('a');
    const intervals = 20;
    let turn = 0;
    for (let interval = 0; interval < intervals; interval += 1) {
      const before = a.writes();
      for (let i = 0; i < 500; i += 1) a.ledger.reserve(addresses[turn++ % 2_000] ?? '').release();
      clock.advance(49);
      expect(clock.pendingTimers).toBe(1);
      clock.advance(1);
      await until(() => a.writes() > before, { what: 'the write of this interval' });
      expect(a.writes()).toBe(before + 1);
    }
    await until(() => revisions.size >= intervals - 1, { what: 'the writes in the watch' });
    await cancel();
    expect(revisions.size).toBeLessThanOrEqual(intervals + 1);
    for (const { keys } of revisions.values()) expect(keys).toBeLessThanOrEqual(128);
  });

  it('removes them all with the lease', async () => {
    const b = await join('b');
    const a = await join('a', { leaseTtlSeconds: 60 });
    for (const address of addresses) a.ledger.reserve(address);
    await isSpread('a');
    await seesAll(b, a);
    await a.stop();
    await until(() => b.ledger.view().size === 0, { what: 'nothing to be left', timeoutMs: 20_000 });
    expect(await loadKeys()).toEqual(['load/b']);
  });

  it('replaces them all by a handoff in one transaction', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    const reservations = addresses.map((address) => a.ledger.reserve(address));
    await isSpread('a');
    await seesAll(b, a);
    const chunks = (await loadKeys()).filter((key) => key.startsWith('load/a'));
    const { revisions, cancel } = await follow('a');
    const left = new Map(a.ledger.local());
    for (const one of reservations) one.release();
    await a.ledger.handOff(left, 60_000);
    await until(() => revisions.size > 0, { what: 'the records to be taken away' });
    await a.stop();
    await cancel();
    expect([...revisions.values()].map(({ keys }) => keys)).toEqual([chunks.length]);
    expect(b.ledger.peerTotals.size).toBe(0);
    expect(b.ledger.inFlight(pod1)).toBeGreaterThan(0);
  });

  it('writes them all again after etcd lost its data', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    for (const address of addresses) a.ledger.reserve(address);
    await seesAll(b, a);
    await running.etcd.restart('empty');
    await until(async () => (await loadKeys().catch(() => [])).length > 500, {
      what: 'the records to be written again',
      timeoutMs: 30_000,
    });
    await seesAll(b, a);
  });
});
