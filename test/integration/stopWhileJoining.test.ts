import { EtcdSession } from '../../src/etcd/etcdSession.ts';
import { collectSnapshot } from '../../src/etcd/records.ts';
import { subscriptionTo } from '../../src/proto/records/recordRules.ts';
import { EtcdRelay } from '../support/etcdRelay.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { startTestEtcd, type TestEtcd } from '../support/testEtcd.ts';

/** A session that is stopped when it has read the records and does not follow them yet. */
checkForLeaks();

describe('a session that is stopped while etcd accepts its watch', () => {
  let running: TestEtcd;
  let relay: EtcdRelay;

  beforeAll(async () => {
    running = await startTestEtcd();
    relay = await new EtcdRelay(running.etcd.endpoint.replace('http://', '')).listen();
  });
  afterAll(async () => {
    await relay.close();
    await running.stop();
  });

  it('ends', async () => {
    const session = new EtcdSession({
      endpoints: [relay.endpoint],
      prefix: '/baton/v1/test/',
      leaseTtlSeconds: 2,
      requestTimeoutMs: 1_000,
    });
    const watch = relay.holdNext('Watch/Watch');
    const listener = { beginSnapshot: () => collectSnapshot(() => {}), onPut() {}, onDelete() {} };
    session.start({ records: [subscriptionTo('endpoints', listener)] });
    await watch.arrived;
    await session.stop();
    expect(session.inspect()).toBeUndefined();
    await watch.send();
  });
});
