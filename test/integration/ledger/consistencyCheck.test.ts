import { connect } from '../../../src/etcd/client.ts';
import { EtcdSession } from '../../../src/etcd/etcdSession.ts';
import type { RecordListener } from '../../../src/etcd/records.ts';
import type { SessionListeners } from '../../../src/etcd/sessionListeners.ts';
import { until } from '../../../tools/testbed/until.ts';
import { type LedgerInstance, type LedgerOptions, startLedger } from '../../support/ledgerInstance.ts';
import { startTestEtcd } from '../../support/testEtcd.ts';

const pod1 = '10.0.0.1:8000';
const pod2 = '10.0.0.2:8000';
const waitOptions = { timeoutMs: 20_000 };

let running: Awaited<ReturnType<typeof startTestEtcd>>;
const instances: LedgerInstance[] = [];

beforeAll(async () => {
  running = await startTestEtcd();
});

afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.stop()));
});

afterAll(() => running.stop());

async function join(id: string, options: LedgerOptions = {}): Promise<LedgerInstance> {
  const instance = startLedger(id, running.etcd.endpoint, options);
  instances.push(instance);
  await until(() => instance.store.state.kind === 'joined', { what: `${id} to join`, ...waitOptions });
  return instance;
}

function sees({ ledger, id }: LedgerInstance, address: string, count: number): Promise<true> {
  return until(() => ledger.inFlight(address) === count, { what: `${id} to see ${count}`, ...waitOptions });
}

/** Waits until the consistency check has found a difference, and returns its report. */
async function found({
  consistencyCheck,
}: LedgerInstance): Promise<ReturnType<typeof consistencyCheck.report>> {
  await until(() => consistencyCheck.report().last.length > 0, { what: 'a difference', ...waitOptions });
  return consistencyCheck.report();
}

/** Waits until the consistency check has compared everything again and found nothing more. */
async function findsNothingMore({ consistencyCheck }: LedgerInstance): Promise<void> {
  const { rounds } = consistencyCheck.report();
  await until(() => consistencyCheck.report().rounds >= rounds + 2, {
    what: 'two more rounds',
    ...waitOptions,
  });
  const { differences } = consistencyCheck.report();
  await until(() => consistencyCheck.report().rounds >= rounds + 4, {
    what: 'two more rounds',
    ...waitOptions,
  });
  expect(consistencyCheck.report().differences).toEqual(differences);
}

/** A session that drops the events of its watch while a test wants it. */
class LossySession extends EtcdSession {
  dropsEvents = false;

  override start(listeners: Partial<SessionListeners>): void {
    const records = listeners.records?.map((subscription) => ({
      ...subscription,
      listener: this.#lossy(subscription.listener),
    }));
    super.start({ ...listeners, records: records ?? [] });
  }

  #lossy(listener: RecordListener): RecordListener {
    return {
      beginSnapshot: () => listener.beginSnapshot(),
      onPut: (key, value) => {
        if (!this.dropsEvents) listener.onPut(key, value);
      },
      onDelete: (key) => {
        if (!this.dropsEvents) listener.onDelete(key);
      },
    };
  }
}

it('finds nothing while instances join, count and leave', async () => {
  const a = await join('a');
  for (let round = 0; round < 5; round += 1) {
    const b = startLedger('b', running.etcd.endpoint);
    await until(() => b.store.state.kind === 'joined', { what: 'b to join', ...waitOptions });
    const reservations = Array.from({ length: 50 }, (_, nth) =>
      [a, b][nth % 2]?.ledger.reserve(nth % 3 ? pod1 : pod2),
    );
    await findsNothingMore(a);
    for (const reservation of reservations) reservation?.release();
    await findsNothingMore(b);
    await b.stop();
  }
  expect(a.consistencyCheck.report().last).toEqual([]);
}, 60_000);

it('finds local counts without a stream, and names the endpoint', async () => {
  const a = await join('a', { reserved: () => new Map(), mayDiffer: true });
  const reservations = [a.ledger.reserve(pod1), a.ledger.reserve(pod1)];
  expect((await found(a)).last).toEqual([{ kind: 'local', about: pod1, should: 0, is: 2 }]);
  for (const reservation of reservations) reservation.release();
  await findsNothingMore(a);
});

describe('when an event of the watch is lost', () => {
  it.each(['put', 'delete'] as const)(
    'finds it, a %s and the last event, and reads all records again',
    async (what) => {
      let store: LossySession | undefined;
      const storeOf: LedgerOptions['storeOf'] = (options) => {
        store = new LossySession(options);
        return store;
      };
      const [a, b] = await Promise.all([join('a', { storeOf, mayDiffer: true }), join('b')]);
      const reservation = b.ledger.reserve(pod1);
      await sees(a, pod1, 1);
      (store as LossySession).dropsEvents = true;
      if (what === 'put') reservation.release();
      else await b.stop();
      const { differences } = await found(a);
      expect(differences.view).toBeGreaterThan(0);
      await sees(a, pod1, 0);
      (store as LossySession).dropsEvents = false;
      await findsNothingMore(a);
      expect(a.store.state.kind).toBe('joined');
    },
  );

  it('finds a record that the watch has not delivered at all', async () => {
    const [a, b] = await Promise.all([join('a', { mayDiffer: true }), join('b')]);
    b.ledger.reserve(pod1);
    await sees(a, pod1, 1);
    const revisions = a.store.inspect()?.progress.revisions as Map<string, number>;
    revisions.delete('instances/b');
    const { last } = await found(a);
    expect(last).toMatchObject([{ kind: 'watch', about: 'instances/b', is: 0 }]);
    await findsNothingMore(a);
  });
});

it('finds that the local load report is gone, and writes it again', async () => {
  const [a, b] = await Promise.all([join('a', { mayDiffer: true }), join('b')]);
  a.ledger.reserve(pod1);
  await sees(b, pod1, 1);
  const client = connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 2_000 }, '/baton/v1/test/');
  // A write that is under way when the record is deleted brings it back before the check.
  const deleteRecord = () => client.keys.delete().key('load/a').exec();
  const deleted = setInterval(() => void deleteRecord().catch(() => {}), 500);
  await deleteRecord();
  const { last } = await found(a).finally(() => clearInterval(deleted));
  client.close();
  expect(last).toMatchObject([{ kind: 'published', should: 1, is: 0 }]);
  await sees(b, pod1, 1);
});
