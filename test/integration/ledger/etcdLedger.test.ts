import { connect } from '../../../src/etcd/client.ts';
import type { Phase } from '../../../src/phase.ts';
import { until } from '../../../tools/testbed/until.ts';
import { FaultProxy } from '../../support/faultProxy.ts';
import { type LedgerInstance, type LedgerOptions, startLedger } from '../../support/ledgerInstance.ts';
import { ManualClock } from '../../support/manualClock.ts';
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
});

/**
 * Only the test advances the clock of instance a; etcd and the other instances run in real time.
 */
describe('the writes of an instance', () => {
  const checkIntervalMs = 0;
  let clock: ManualClock;

  beforeEach(() => {
    clock = new ManualClock();
  });

  /** Joined, with all instances in its view and no write due. */
  async function idle(a: LedgerInstance, instanceCount: number): Promise<void> {
    await until(() => a.ledger.instances.size === instanceCount, { what: `${instanceCount} instances` });
    await until(
      () => {
        clock.advance(0);
        return a.ledger.isPublished && clock.pendingTimers === 0;
      },
      { what: 'the writes after the join' },
    );
  }

  /** Changes counts, and expects that they are written after this time and not before. */
  async function expectWriteAfter(a: LedgerInstance, waitMs: number): Promise<void> {
    const before = a.writes();
    for (let i = 0; i < 100; i += 1) a.ledger.reserve(pod1).release();
    clock.advance(waitMs - 1);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    await until(() => a.writes() > before && a.ledger.isPublished, { what: 'the write' });
    expect(a.writes()).toBe(before + 1);
  }

  it('keep the interval of its share of the budget', async () => {
    const options = { clock, checkIntervalMs, writesPerSecond: 10 };
    const [a] = await Promise.all([join('a', options), join('b'), join('c'), join('d')]);
    await idle(a, 4);
    for (let round = 0; round < 3; round += 1) await expectWriteAfter(a, 400);
  });

  it('are at least one interval apart while it is busy, and none while it is idle', async () => {
    const [a] = await Promise.all([join('a', { clock, checkIntervalMs, minIntervalMs: 50 }), join('b')]);
    await idle(a, 2);
    for (let round = 0; round < 5; round += 1) await expectWriteAfter(a, 50);
    const before = a.writes();
    clock.advance(1_000);
    expect([clock.pendingTimers, a.writes()]).toEqual([0, before]);
  });

  it('are rare while it is alone, and prompt when another instance joins', async () => {
    const a = await join('a', { clock, checkIntervalMs, minIntervalMs: 20 });
    await idle(a, 1);
    for (let round = 0; round < 3; round += 1) await expectWriteAfter(a, 1_000);
    a.ledger.reserve(pod1);
    const b = await join('b');
    await until(() => a.ledger.instances.size === 2, { what: 'b in the view' });
    clock.advance(20);
    await sees(b, pod1, 1);
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

  it('reads all records again when the missed events are compacted away', async () => {
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
  it('lowers the weight of its peers to nothing and keeps its local counts', async () => {
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
    await until(() => a.recordsSkipped() === 2, { what: 'two skipped records' });
    const b = await join('b');
    b.ledger.reserve(pod1);
    await sees(a, pod1, 1);
    expect(b.recordsSkipped()).toBe(2);
  });
});
