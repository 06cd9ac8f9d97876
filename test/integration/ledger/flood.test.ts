import { connect, type EtcdClient } from '../../../src/etcd/client.ts';
import { EtcdSession } from '../../../src/etcd/etcdSession.ts';
import { RegisteredSource } from '../../../src/pool/registeredSource.ts';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';
import { until } from '../../../tools/testbed/until.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { type LedgerInstance, startLedger } from '../../support/ledgerInstance.ts';
import { startTestEtcd, type TestEtcd } from '../../support/testEtcd.ts';

/** More is written under a key range than any pool has, by mistake or on purpose. */
checkForLeaks();

const prefix = '/baton/v1/test/';
const miB = 1024 * 1024;
/** Sorts after all others. */
const realPod = '99.0.0.1:8000';
const wait = { what: 'the join', timeoutMs: 120_000 };

let running: TestEtcd;
let client: EtcdClient;
let joiner: LedgerInstance | undefined;
let source: RegisteredSource;
let addresses: readonly string[];

beforeEach(async () => {
  // Much is written, and none of it has to outlive the machine.
  running = await startTestEtcd({ 'unsafe-no-fsync': 'true' });
  client = connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 20_000 }, prefix);
});
afterEach(async () => {
  await joiner?.stop();
  joiner = undefined;
  await source.stop();
  client.close();
  await running.stop();
});

function endpointKey(nth: number): string {
  return `endpoints/10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}:8000`;
}

async function putAll(records: Iterable<readonly [string, Uint8Array]>, atOnce: number): Promise<void> {
  let success: object[] = [];
  const flush = () => client.members.request('KV', 'txn', { success });
  for (const [key, value] of records) {
    success.push({ request_put: { key: Buffer.from(prefix + key), value: Buffer.from(value) } });
    if (success.length < atOnce) continue;
    await flush();
    success = [];
  }
  if (success.length > 0) await flush();
}

async function join(options: Parameters<typeof startLedger>[2] = {}): Promise<LedgerInstance> {
  addresses = [];
  source = new RegisteredSource({ codec: stateCodecs.registeredEndpoint, onSkipped() {} });
  await source.start((all) => {
    addresses = all.map(({ address }) => address);
  });
  const also = [source.subscription];
  joiner = startLedger('a', running.etcd.endpoint, {
    checkIntervalMs: 0,
    leaseTtlSeconds: 30,
    also,
    ...options,
  });
  return joiner;
}

describe('420 MB under endpoints/', () => {
  it.each([
    // Random bytes: no record can be read, and each is larger than the limit.
    ['420 values of 1 MiB', 420, miB, 420],
    ['7,000 values of 60 KiB', 7_000, 60 * 1024, 0],
  ])(
    'do not stop a start, and leave the pods that are there: %s',
    async (_, count, bytes, ignored) => {
      const junk = function* (): Iterable<readonly [string, Uint8Array]> {
        for (let nth = 0; nth < count; nth += 1) yield [endpointKey(nth), Buffer.alloc(bytes, 0xff)];
      };
      await putAll(junk(), Math.max(1, Math.floor(miB / bytes)));
      await putAll([[`endpoints/${realPod}`, stateCodecs.registeredEndpoint.encode({})]], 1);
      const before = process.memoryUsage().rss;
      const { store, recordsSkipped } = await join();
      await until(() => store.state.kind === 'joined', wait);
      await eventually(() => expect(addresses).toEqual([realPod]));
      expect(recordsSkipped()).toBe(ignored);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * miB);
    },
    300_000,
  );
});

describe('40,000 endpoints', () => {
  it('are used up to the limit, the rest is counted, and the instance goes on', async () => {
    const value = stateCodecs.registeredEndpoint.encode({});
    const records = function* (): Iterable<readonly [string, Uint8Array]> {
      for (let nth = 0; nth < 40_000; nth += 1) yield [endpointKey(nth), value];
    };
    await putAll(records(), 100);
    // The consistency check knows which keys are left out.
    const { store, recordsSkipped, consistencyCheck } = await join({ checkIntervalMs: 100 });
    await until(() => store.state.kind === 'joined', wait);
    await eventually(() => expect(addresses.length).toBe(30_000));
    expect(recordsSkipped()).toBe(10_000);
    await eventually(() => expect(consistencyCheck.report().rounds).toBeGreaterThan(1), {
      timeoutMs: 60_000,
    });
  }, 300_000);
});

describe('when the records that were too many are gone', () => {
  it('reads all again, and follows those that were left out', async () => {
    const records = Array.from({ length: 25 }, (_, nth) => [endpointKey(nth), Buffer.alloc(1)] as const);
    await putAll(records, 100);
    const used = new Set<string>();
    const note = (key: string) => {
      used.add(key);
      return 1;
    };
    const listener = {
      beginSnapshot: () => {
        used.clear();
        return { put: note, finish() {} };
      },
      onPut: note,
      onDelete: (key: string) => used.delete(key),
    };
    source = new RegisteredSource({ codec: stateCodecs.registeredEndpoint, onSkipped() {} });
    const options = {
      endpoints: [running.etcd.endpoint],
      prefix,
      leaseTtlSeconds: 5,
      requestTimeoutMs: 5_000,
    };
    const session = new EtcdSession(options);
    const rules = { mustHaveLease: false, valueBytes: 100, records: 20, keptBytes: 1_000 };
    session.start({ records: [{ prefix: 'endpoints/', rules, listener }] });
    try {
      await until(() => session.state.kind === 'joined', wait);
      expect(used.size).toBe(20);
      for (let nth = 0; nth < 10; nth += 1) await client.keys.delete().key(endpointKey(nth));
      await eventually(() => expect(used.size).toBe(15), { timeoutMs: 30_000 });
    } finally {
      await session.stop();
    }
  });
});
