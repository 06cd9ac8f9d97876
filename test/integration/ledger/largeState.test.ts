import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type EtcdClient } from '../../../src/etcd/client.ts';
import { readRanges } from '../../../src/etcd/rangeSnapshot.ts';
import { RegisteredSource } from '../../../src/pool/registeredSource.ts';
import { stateCodecs } from '../../../src/proto/stateCodecs.ts';
import { until } from '../../../tools/testbed/until.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { startLedger } from '../../support/ledgerInstance.ts';
import { measureTurns } from '../../support/longestTurn.ts';
import { startTestEtcd, type TestEtcd } from '../../support/testEtcd.ts';

/**
 * 10,000 registered endpoints, 50 instances that are busy on all of them, and a record of 1 MiB.
 */
checkForLeaks();

const prefix = '/baton/v1/test/';
const addresses = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}:8000`);
const instances = 50;

let running: TestEtcd;
let client: EtcdClient;

async function putAll(records: readonly (readonly [string, Uint8Array])[], lease = '0'): Promise<void> {
  for (let from = 0; from < records.length; from += 100) {
    const success = records.slice(from, from + 100).map(([key, value]) => {
      return { request_put: { key: Buffer.from(prefix + key), value: Buffer.from(value), lease } };
    });
    await client.members.request('KV', 'txn', { success });
  }
}

describe('with a large state in etcd', () => {
  beforeAll(async () => {
    running = await startTestEtcd();
    client = connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 20_000 }, prefix);
    const value = stateCodecs.registeredEndpoint.encode({ labels: { gpu: 'h100' }, models: ['a', 'b'] });
    await putAll(addresses.map((address) => [`endpoints/${address}`, value]));
    const busy = startLedger('0', running.etcd.endpoint, { checkIntervalMs: 0, leaseTtlSeconds: 60 });
    await until(() => busy.store.state.kind === 'joined', {
      what: 'the busy one to join',
      timeoutMs: 20_000,
    });
    for (const address of addresses) busy.ledger.reserve(address);
    await sleep(3_000);
    const { records } = await readRanges(client, { ranges: [{ prefix: 'load/0' }] });
    const lease = { TTL: 600 };
    const { ID } = await client.members.request<{ ID: string }>('Lease', 'leaseGrant', lease);
    for (let id = 1; id <= instances; id += 1) {
      const copies = [...records].map(([key, { value }]) => [key.replace('/0', `/${id}`), value] as const);
      await putAll(copies, ID);
    }
    await client.keys
      .put('large')
      .value(Buffer.alloc(1024 * 1024))
      .exec();
    await busy.stop();
  }, 120_000);
  afterAll(async () => {
    client.close();
    await running.stop();
  });

  it('reads all of it, at the join and again, without holding the event loop', async () => {
    const source = new RegisteredSource({
      codec: stateCodecs.registeredEndpoint,
      onSkipped() {},
    });
    let endpoints = 0;
    await source.start((all) => {
      endpoints = all.length;
    });
    let snapshots = 0;
    const turns = measureTurns();
    const joiner = startLedger('joiner', running.etcd.endpoint, {
      checkIntervalMs: 0,
      leaseTtlSeconds: 30,
      also: [source.subscription],
      onSynced: () => {
        snapshots += 1;
      },
    });
    try {
      await until(() => joiner.store.state.kind === 'joined', { what: 'the join', timeoutMs: 30_000 });
      joiner.store.resync();
      await until(() => snapshots === 2, { what: 'another snapshot', timeoutMs: 30_000 });
      const { longestMs, totalMs } = turns.stop();
      expect(endpoints).toBe(addresses.length);
      expect(joiner.ledger.inFlight(addresses[0] as string)).toBeGreaterThanOrEqual(instances);
      // Two snapshots of 500,000 counts; one that is applied in one turn is half of the total.
      expect(longestMs).toBeLessThan(totalMs / 20);
    } finally {
      turns.stop();
      await source.stop();
      await joiner.stop();
    }
  }, 90_000);
});
