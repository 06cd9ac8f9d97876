import { connect } from '../../../src/etcd/client.ts';
import type { Phase } from '../../../src/phase.ts';
import { until } from '../../../tools/testbed/until.ts';
import { FaultProxy } from '../../support/faultProxy.ts';
import { type LedgerInstance, type LedgerOptions, startLedger } from '../../support/ledgerInstance.ts';
import { startTestEtcd } from '../../support/testEtcd.ts';

const pod1 = '10.0.0.1:8000';
const pod2 = '10.0.0.2:8000';
const prefix = '/baton/v1/test/';

let running: Awaited<ReturnType<typeof startTestEtcd>>;
let proxy: FaultProxy;
const instances: LedgerInstance[] = [];

beforeEach(async () => {
  running = await startTestEtcd();
  proxy = await FaultProxy.start({ host: '127.0.0.1', port: running.port });
});

afterEach(async () => {
  proxy.fault = { kind: 'none' };
  await Promise.all(instances.splice(0).map((instance) => instance.stop()));
  await proxy.stop();
  await running.stop();
});

type JoinOptions = { readonly through?: string } & LedgerOptions;

async function join(id: string, { through, ...options }: JoinOptions = {}): Promise<LedgerInstance> {
  const instance = startLedger(id, through ?? running.etcd.endpoint, options);
  instances.push(instance);
  await joined(instance);
  return instance;
}

function joined({ store, id }: LedgerInstance): Promise<true> {
  return until(() => store.state.kind === 'joined', { what: `${id} to join`, timeoutMs: 20_000 });
}

function sees({ ledger, id }: LedgerInstance, address: string, count: number): Promise<true> {
  const what = `${id} to see ${count} on ${address}`;
  return until(() => ledger.inFlight(address) === count, { what, timeoutMs: 20_000 });
}

function admin(): ReturnType<typeof connect> {
  return connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 2_000 }, prefix);
}

describe('when two instances share a store', () => {
  it('gives each the sum of both', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    a.ledger.reserve(pod1);
    a.ledger.reserve(pod1);
    b.ledger.reserve(pod1);
    b.ledger.reserve(pod2);
    await Promise.all([sees(a, pod1, 3), sees(b, pod1, 3), sees(a, pod2, 1), sees(b, pod2, 1)]);
  });

  it('returns to nothing everywhere when all is released', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    const reservations = [a.ledger.reserve(pod1), b.ledger.reserve(pod1), b.ledger.reserve(pod2)];
    await sees(a, pod2, 1);
    for (const reservation of reservations) reservation.release();
    await until(() => a.ledger.view().size === 0 && b.ledger.view().size === 0, { what: 'empty views' });
  });

  it('gives a new instance the whole view before it is joined', async () => {
    const a = await join('a');
    for (let i = 0; i < 10; i += 1) a.ledger.reserve(pod1);
    for (let i = 0; i < 20; i += 1) a.ledger.reserve(pod2);
    const b = await join('b');
    await sees(b, pod2, 20);
    await b.stop();

    const atJoin = new Promise((resolve) => {
      const onState: LedgerOptions['onState'] = ({ kind }, ledger) =>
        kind === 'joined' && resolve(Object.fromEntries(ledger.view()));
      instances.push(startLedger('c', running.etcd.endpoint, { onState }));
    });
    expect(await atJoin).toEqual({ [pod1]: 10, [pod2]: 20 });
  });

  it('expects as many unacknowledged picks of a busy peer as it has itself', async () => {
    const [a, b] = await Promise.all([join('a', { minIntervalMs: 60_000 }), join('b')]);
    await until(() => a.writes() >= 1, { what: 'the write after joining' });
    for (let i = 0; i < 100; i += 1) a.ledger.reserve(pod1);
    expect(a.ledger.unacknowledgedPicks()).toBe(0);
    b.ledger.reserve(pod2);
    await sees(a, pod2, 1);
    expect(a.ledger.unacknowledgedPicks()).toBeGreaterThan(10);
    expect(b.ledger.unacknowledgedPicks()).toBeLessThan(1);
  });

  it('expects no unacknowledged picks of a busy peer in standby', async () => {
    let phase: Phase = 'standby';
    const [a, b] = await Promise.all([
      join('a', { minIntervalMs: 60_000 }),
      join('b', { phase: () => phase }),
    ]);
    await until(() => a.writes() >= 1, { what: 'the write after joining' });
    for (let i = 0; i < 100; i += 1) a.ledger.reserve(pod1);
    b.ledger.reserve(pod2);
    await sees(a, pod2, 1);
    expect(a.ledger.unacknowledgedPicks()).toBe(0);
    phase = 'ready';
    b.ledger.announce();
    await until(() => a.ledger.unacknowledgedPicks() > 10, { what: 'picks to be expected of b' });
  });

  it('writes less often when its part of the fleet budget is smaller', async () => {
    const [a] = await Promise.all([join('a', { writesPerSecond: 10 }), join('b'), join('c'), join('d')]);
    await until(() => a.ledger.instances.size === 4, { what: 'four instances in the view' });
    const before = a.writes();
    const startMs = performance.now();
    await until(
      () => {
        a.ledger.reserve(pod1).release();
        return a.writes() - before >= 4;
      },
      { what: 'four more writes', intervalMs: 5 },
    );
    // The first may come at once, each of the others 400 ms after the one before it.
    expect(performance.now() - startMs).toBeGreaterThan(1_000);
  });

  it('writes nothing while idle, and at most once in an interval while busy', async () => {
    const [a] = await Promise.all([join('a', { minIntervalMs: 50 }), join('b')]);
    await until(() => a.writes() >= 1, { what: 'the write after joining' });
    const before = a.writes();
    const startMs = performance.now();
    let changes = 0;
    while (performance.now() - startMs < 1_000) {
      a.ledger.reserve(pod1).release();
      changes += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => a.ledger.syncLagMs() !== undefined, { what: 'its writes in the watch' });
    const written = a.writes() - before;
    const intervals = (performance.now() - startMs) / 50;
    expect(written).toBeLessThanOrEqual(intervals + 1);
    expect(changes).toBeGreaterThan(written * 10);

    await new Promise((resolve) => setTimeout(resolve, 200));
    const settled = a.writes();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(a.writes()).toBe(settled);
  });

  it('writes rarely while it is alone, and at once when another instance joins', async () => {
    const a = await join('a');
    await until(() => a.writes() >= 1, { what: 'the write after joining' });
    const before = a.writes();
    const startMs = performance.now();
    while (performance.now() - startMs < 1_000) {
      a.ledger.reserve(pod1).release();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(a.writes() - before).toBeLessThanOrEqual((performance.now() - startMs) / 1_000 + 1);

    a.ledger.reserve(pod1);
    const b = await join('b');
    await until(() => b.ledger.inFlight(pod1) === 1, { what: 'what a has in flight' });
  });
});

describe('when an instance leaves', () => {
  it('removes its counts at once if it stops cleanly', async () => {
    const [a, b] = await Promise.all([join('a', { leaseTtlSeconds: 60 }), join('b')]);
    a.ledger.reserve(pod1);
    await sees(b, pod1, 1);
    await a.stop();
    await sees(b, pod1, 0);
    expect([...b.ledger.instances.keys()]).toEqual(['b']);
  });

  it('removes its counts with its lease if it is cut off', async () => {
    const b = await join('b');
    const a = await join('a', { through: `http://${proxy.address}` });
    a.ledger.reserve(pod1);
    await sees(b, pod1, 1);
    proxy.fault = { kind: 'cut' };
    await sees(b, pod1, 0);
  });
});

describe('when the line to etcd breaks for a moment', () => {
  it('resumes the watch without missing anything', async () => {
    const a = await join('a');
    const b = await join('b', { through: `http://${proxy.address}`, leaseTtlSeconds: 30 });
    proxy.fault = { kind: 'cut' };
    await until(() => b.ledger.viewAgeMs() > 0, { what: 'b to notice' });
    a.ledger.reserve(pod1);
    await sees(a, pod1, 1);
    proxy.fault = { kind: 'none' };
    await sees(b, pod1, 1);
    await until(() => b.ledger.viewAgeMs() === 0, { what: 'b to be current again' });
  });

  it('reads everything again when what it missed is compacted away', async () => {
    const b = await join('b', { through: `http://${proxy.address}`, leaseTtlSeconds: 30 });
    const gone = await join('gone');
    gone.ledger.reserve(pod2);
    await sees(b, pod2, 1);
    proxy.fault = { kind: 'cut' };
    await until(() => b.ledger.viewAgeMs() > 0, { what: 'b to notice' });
    await gone.stop();
    const a = await join('a');
    a.ledger.reserve(pod1);
    const client = admin();
    const { header } = await client.keys.put('elsewhere').value('1').exec();
    await client.keys.kv.compact({ revision: header.revision, physical: true });
    client.close();
    proxy.fault = { kind: 'none' };
    await sees(b, pod1, 1);
    await sees(b, pod2, 0);
  });
});

describe('when etcd stops answering without closing', () => {
  it.each(['to-server', 'to-client'] as const)(
    'joins again after losing everything %s',
    async (direction) => {
      const a = await join('a');
      const b = await join('b', { through: `http://${proxy.address}` });
      b.ledger.reserve(pod2);
      await sees(a, pod2, 1);
      proxy.fault = { kind: 'loss', direction };
      await until(() => b.store.state.kind === 'joining', { what: 'b to give up', timeoutMs: 20_000 });
      expect(b.ledger.inFlight(pod2)).toBe(1);
      proxy.fault = { kind: 'none' };
      await joined(b);
      await sees(a, pod2, 1);
    },
  );
});

describe('when etcd restarts', () => {
  it.each(['kept', 'empty'] as const)('converges again with its data %s', async (data) => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    a.ledger.reserve(pod1);
    b.ledger.reserve(pod1);
    await Promise.all([sees(a, pod1, 2), sees(b, pod1, 2)]);
    await running.etcd.kill();
    a.ledger.reserve(pod1);
    expect(a.ledger.inFlight(pod1)).toBeGreaterThan(2);
    await running.etcd.restart(data);
    await Promise.all([sees(a, pod1, 3), sees(b, pod1, 3)]);
  });
});

describe('when etcd stays away', () => {
  it('lowers the weight of its peers to nothing and keeps its own', async () => {
    const a = await join('a');
    const b = await join('b', { staleDecayMs: 500 });
    a.ledger.reserve(pod1);
    b.ledger.reserve(pod1);
    await sees(b, pod1, 2);
    await running.etcd.kill();
    await sees(b, pod1, 1);
  });
});

describe('when a record cannot be read', () => {
  it('skips and counts it, and continues', async () => {
    const a = await join('a');
    const client = admin();
    await client.keys.put('load/stranger').value(Buffer.from([0xff, 0xff, 0xff]));
    await client.keys.put('instances/stranger').value('not a record');
    client.close();
    await until(() => a.ledger.recordsSkipped === 2, { what: 'two skipped records' });
    const b = await join('b');
    b.ledger.reserve(pod1);
    await sees(a, pod1, 1);
    expect(b.ledger.recordsSkipped).toBe(2);
  });
});
