import { connect } from '../../../src/etcd/client.ts';
import { until } from '../../../tools/testbed/until.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { type LedgerInstance, type LedgerOptions, startLedger } from '../../support/ledgerInstance.ts';
import { startTestEtcd } from '../../support/testEtcd.ts';

/** Requests that outlive the instance that counts them, on a real etcd. */
checkForLeaks();

const pod1 = '10.0.0.1:8000';
const pod2 = '10.0.0.2:8000';

let running: Awaited<ReturnType<typeof startTestEtcd>>;
const instances: LedgerInstance[] = [];

beforeEach(async () => {
  running = await startTestEtcd();
});

afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.stop()));
  await running.stop();
});

async function join(id: string, options: LedgerOptions = {}): Promise<LedgerInstance> {
  const instance = startLedger(id, running.etcd.endpoint, options);
  instances.push(instance);
  await until(() => instance.store.state.kind === 'joined', { what: `${id} to join` });
  return instance;
}

function sees({ ledger, id }: LedgerInstance, address: string, count: number): Promise<true> {
  return until(() => ledger.inFlight(address) === count, { what: `${id} to see ${count} on ${address}` });
}

async function keys(): Promise<string[]> {
  const options = { endpoints: [running.etcd.endpoint], requestTimeoutMs: 2_000 };
  const client = connect(options, '/baton/v1/test/');
  try {
    return (await client.keys.getAll().keys()).sort();
  } finally {
    client.close();
  }
}

/** Stops as an instance does whose streams were half-closed: releases all, and hands them off. */
async function leave({ ledger, stop }: LedgerInstance, release: () => void, ttlMs: number): Promise<void> {
  const left = new Map(ledger.local());
  release();
  await ledger.handOff(left, ttlMs);
  await stop();
}

describe('when an instance hands off requests', () => {
  it('has them counted once by the others at every moment', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    const reservations = Array.from({ length: 10 }, () => a.ledger.reserve(pod1));
    await sees(b, pod1, 10);
    const seen: number[] = [];
    // Reads the view between any two turns, as decisions do.
    let isOver = false;
    const readView = (): void => {
      seen.push(b.ledger.inFlight(pod1));
      if (!isOver) setImmediate(readView);
    };
    readView();
    await leave(a, () => reservations.map((one) => one.release()), 60_000);
    await until(() => b.ledger.instances.size === 1, { what: 'a to be gone' });
    isOver = true;
    expect(Math.max(...seen)).toBe(10);
    // The decay over a minute, up to now.
    expect(Math.min(...seen)).toBeGreaterThan(5);
    expect(b.ledger.inFlight(pod1)).toBeLessThan(10);
    expect(b.ledger.handoffs()).toMatchObject([{ instance: 'a/1', inFlight: 10 }]);
    expect(await keys()).toEqual(['handoffs/a/1', 'instances/b', 'load/b']);
  });

  it('writes no load report any more, though its counts fall to zero', async () => {
    // A consistency check that waits for the watch has the counts written once more, which is what
    // is checked here.
    const [a, b] = await Promise.all([join('a', { checkIntervalMs: 0 }), join('b')]);
    const reservation = a.ledger.reserve(pod1);
    await sees(b, pod1, 1);
    const client = connect(
      { endpoints: [running.etcd.endpoint], requestTimeoutMs: 2_000 },
      '/baton/v1/test/',
    );
    const events: string[] = [];
    const watcher = await client.keys.watch().key('load/a').create();
    watcher.on('data', (response) => {
      for (const { type } of response.events) events.push(String(type).toLowerCase());
    });
    await leave(a, () => reservation.release(), 60_000);
    await until(() => events.includes('delete'), { what: 'the loadReport to be taken away' });
    await watcher.cancel();
    client.close();
    expect(events).toEqual(['delete']);
  });

  it('gives a new instance all load reports and handoffs before it is joined', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    const reservation = a.ledger.reserve(pod1);
    b.ledger.reserve(pod2);
    await Promise.all([sees(b, pod1, 1), sees(a, pod2, 1)]);
    await leave(a, () => reservation.release(), 60_000);

    const atJoin = await new Promise<ReadonlyMap<string, number>>((resolve) => {
      const onState: LedgerOptions['onState'] = ({ kind }, ledger) =>
        kind === 'joined' && resolve(ledger.view());
      instances.push(startLedger('c', running.etcd.endpoint, { onState }));
    });
    expect(atJoin.get(pod2)).toBe(1);
    expect(atJoin.get(pod1)).toBeGreaterThan(0.5);
    expect(atJoin.get(pod1)).toBeLessThanOrEqual(1);
  });

  it('has them removed by the others, and by etcd, after their TTL', async () => {
    const [a, b] = await Promise.all([join('a'), join('b')]);
    const reservation = a.ledger.reserve(pod1);
    await sees(b, pod1, 1);
    await leave(a, () => reservation.release(), 1_000);
    await sees(b, pod1, 0);
    await until(async () => !(await keys()).includes('handoffs/a/1'), {
      what: 'etcd to forget',
      timeoutMs: 20_000,
    });
  });

  it('writes them even after its lease was lost', async () => {
    const [a, b] = await Promise.all([join('a', { checkIntervalMs: 0 }), join('b')]);
    const reservation = a.ledger.reserve(pod1);
    await sees(b, pod1, 1);
    const client = connect(
      { endpoints: [running.etcd.endpoint], requestTimeoutMs: 2_000 },
      '/baton/v1/test/',
    );
    await client.keys.delete().key('load/a');
    client.close();
    await sees(b, pod1, 0);
    await leave(a, () => reservation.release(), 60_000);
    await until(() => b.ledger.inFlight(pod1) > 0.5, { what: 'the handoff' });
  });

  it('fails without etcd, with an error', async () => {
    const a = startLedger('a', 'http://127.0.0.1:1');
    instances.push(a);
    await expect(a.ledger.handOff(new Map([[pod1, 1]]), 60_000)).rejects.toThrow('not joined');
  });
});
