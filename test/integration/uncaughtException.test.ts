import { join } from 'node:path';
import { BatonCluster } from '../support/batonCluster.ts';
import { viewOf } from '../support/counts.ts';
import { EtcdRelay } from '../support/etcdRelay.ts';
import { eventually } from '../support/eventually.ts';
import { openExchange } from '../support/fakeEnvoyClient.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { logLines } from '../support/logLines.ts';

/** Exceptions that no caller is left to catch, in real processes on a real etcd. */
checkForLeaks();

const throwingBaton = join(import.meta.dirname, '..', 'support', 'throwingBaton.ts');
const endpoint = '10.0.0.1:8000';

describe('an exception that no caller catches', () => {
  let cluster: BatonCluster;
  beforeAll(async () => {
    cluster = await BatonCluster.start({
      pool: { endpoints: [endpoint] },
      drain: { noticeMs: 0, graceMs: 100 },
    });
  });
  afterAll(() => cluster.stop());

  it('keeps its lease and follows the records again when etcd sends what no watch asked for', async () => {
    const relay = await new EtcdRelay(cluster.etcd.endpoint.replace('http://', '')).listen();
    const instance = await cluster.instance('a', { etcd: { endpoints: [relay.endpoint] } });
    await instance.start();
    const exchange = await openExchange(instance.address);
    try {
      await eventually(() => expect(relay.watches).toBe(1));
      relay.sendUnknownWatch();
      await eventually(() => expect(relay.watchesBegun).toBe(2));
      await eventually(
        async () => {
          const { store, instance: self } = await instance.state();
          expect({ degraded: self.degraded, regrants: store.regrants }).toEqual({
            degraded: false,
            regrants: 0,
          });
        },
        { timeoutMs: 15_000 },
      );
      expect(await viewOf(instance)).toEqual({ [endpoint]: 1 });
      const another = await openExchange(instance.address);
      expect(another.pod).toBe(endpoint);
      another.end();
    } finally {
      exchange.end();
      await instance.stop();
      await relay.close();
    }
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
