import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Baton } from '../../tools/testbed/baton.ts';
import { type OpenExchange, openExchange } from '../../tools/testbed/extProcClient.ts';
import { BatonCluster } from '../support/batonCluster.ts';
import { viewOf } from '../support/counts.ts';
import { EtcdRelay } from '../support/etcdRelay.ts';
import { eventually } from '../support/eventually.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';

/** Exceptions that no caller is left to catch, in real processes on a real etcd. */
checkForLeaks();

const throwingBaton = join(import.meta.dirname, '..', 'support', 'throwingBaton.ts');
const endpoint = '10.0.0.1:8000';
/** A WatchResponse for watch 999. */
const ofUnknownWatch = Buffer.from([0x10, 0xe7, 0x07]);
/** Field 99, which no release of etcd has. */
const withUnknownField = Buffer.from([0x9a, 0x06, 0x01, 0x41]);
const malformed = Buffer.alloc(40, 0xff);

describe('an exception that no caller catches', () => {
  let cluster: BatonCluster;
  beforeAll(async () => {
    cluster = await BatonCluster.start({
      pool: { endpoints: [endpoint] },
      drain: { noticeMs: 0, graceMs: 100 },
    });
  });
  afterAll(() => cluster.stop());

  describe('out of what etcd sends', () => {
    let relay: EtcdRelay;
    let instance: Baton;
    let exchange: OpenExchange;
    beforeAll(async () => {
      relay = await new EtcdRelay(cluster.etcd.endpoint.replace('http://', '')).listen();
      instance = await cluster.instance('a', { etcd: { endpoints: [relay.endpoint] } });
      await instance.start();
      exchange = await openExchange(instance.address);
    });
    afterAll(async () => {
      exchange.end();
      await instance.stop();
      await relay.close();
    });

    /** Its lease was kept, it writes, and what it wrote comes back. */
    async function isWhole(): Promise<void> {
      await eventually(
        async () => {
          const { store, instance: self } = await instance.state();
          expect({ ...self, ...store }).toMatchObject({ degraded: false, viewAgeMs: 0, regrants: 0 });
        },
        { timeoutMs: 30_000 },
      );
      const another = await openExchange(instance.address);
      expect(another.pod).toBe(endpoint);
      await eventually(async () => expect(await viewOf(instance)).toEqual({ [endpoint]: 2 }));
      another.end();
      await eventually(async () => expect(await viewOf(instance)).toEqual({ [endpoint]: 1 }));
      expect(logLines(instance, 'error.unexpected')).toEqual([]);
    }

    it.each([
      ['events of a watch that was not begun', ofUnknownWatch, 1],
      ['bytes that are no message', malformed, 1],
      ['a field that it does not know', withUnknownField, 0],
    ])('keeps its lease and its view when a watch sends %s', async (_, message, moreWatches) => {
      await eventually(() => expect(relay.watches).toBe(1));
      const { watchesBegun } = relay;
      relay.sendInWatches(message);
      await eventually(() => expect(relay.watchesBegun).toBe(watchesBegun + moreWatches));
      await isWhole();
    });

    it.each(['KV/Put', 'KV/Txn', 'Lease/LeaseKeepAlive', 'Watch/Watch'])(
      'keeps its lease and its view when %s responds with bytes that are no message for a while',
      async (method) => {
        relay.respond(method, malformed);
        const another = await openExchange(instance.address);
        await sleep(2_500);
        another.end();
        relay.respond(method, undefined);
        await isWhole();
      },
      30_000,
    );
  });

  it('ends with 70, and logs the stack, for an exception outside of any request', async () => {
    const instance = await cluster.instance('b');
    const command = [process.execPath, throwingBaton, 'serve', '--config', '{config}'];
    await instance.startAs({ release: '1.0.0', generation: 1, command });
    instance.process.signal('SIGUSR2');
    expect(await instance.process.exited).toMatchObject({ code: 70 });
    expect(logLines(instance, 'process.uncaught-exception')).toEqual([
      expect.objectContaining({
        cause: expect.objectContaining({ stack: expect.stringContaining('throwingBaton') }),
      }),
    ]);
  });
});
