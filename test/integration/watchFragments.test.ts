import { connect, type EtcdClient } from '../../src/etcd/client.ts';
import { keysOf, readPages } from '../../src/etcd/rangeSnapshot.ts';
import { WatchStream } from '../../src/etcd/watchStream.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { startTestEtcd, type TestEtcd } from '../support/testEtcd.ts';

/** A watch that has much to catch up on, as after a break: etcd would send it as one message. */
checkForLeaks();

const prefix = '/baton/v1/test/';
const writes = 300;
const recordsOfWrite = 20;
const value = Buffer.alloc(1_000, 1);

let running: TestEtcd;
let client: EtcdClient;

beforeEach(async () => {
  running = await startTestEtcd();
  client = connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 10_000 }, prefix);
});
afterEach(async () => {
  client.close();
  await running.stop();
});

it('gets it in several messages, and passes on each revision as a whole', async () => {
  const { header } = await client.keys.put('mark').value('').exec();
  for (let write = 0; write < writes; write += 1) {
    const success = Array.from({ length: recordsOfWrite }, (_, nth) => {
      return { request_put: { key: Buffer.from(`${prefix}load/${nth}`), value } };
    });
    await client.members.request('KV', 'txn', { success });
  }
  const batches: (readonly string[])[] = [];
  const stream = new WatchStream({
    pool: client.members,
    range: keysOf(client, { prefix: '' }),
    startRevision: Number(header.revision) + 1,
    onCreated() {},
    onEvents: (events) => batches.push(events.map(({ kv }) => kv.mod_revision)),
    onEnded() {},
  });
  try {
    await eventually(() => expect(batches.flat().length).toBe(writes * recordsOfWrite));
    expect(batches.length).toBeGreaterThan(1);
    for (const revisions of batches) {
      const counts = [...Map.groupBy(revisions, (revision) => revision).values()].map(({ length }) => length);
      expect(new Set(counts)).toEqual(new Set([recordsOfWrite]));
    }
  } finally {
    stream.cancel();
  }
});

it('revisions reach etcd whole, however large', async () => {
  await client.keys.put('mark').value('').exec();
  const range = { prefix: '' };
  const started: WatchStream[] = [];
  const receivedFrom: number[] = [];
  try {
    for (const startRevision of [2 ** 28, 2 ** 31, 2 ** 32 + 1, 2 ** 53 - 1, 1]) {
      await new Promise<void>((resolve, reject) => {
        const stream = new WatchStream({
          pool: client.members,
          range: keysOf(client, range),
          startRevision,
          onCreated: () => resolve(),
          onEvents: () => receivedFrom.push(startRevision),
          onEnded: reject,
        });
        started.push(stream);
      });
      if (startRevision === 1) continue;
      const page = readPages(client, { range, revision: startRevision }).next();
      await expect(page).rejects.toThrow('required revision is a future revision');
    }
    await eventually(() => expect(receivedFrom).toEqual([1]));
  } finally {
    for (const stream of started) stream.cancel();
  }
});
