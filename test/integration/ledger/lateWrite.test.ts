import { LoadList } from '../../../src/ledger/loadRecord.ts';
import { EtcdRelay } from '../../support/etcdRelay.ts';
import { eventually } from '../../support/eventually.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { type LedgerInstance, startLedger } from '../../support/ledgerInstance.ts';
import { startTestEtcd, type TestEtcd } from '../../support/testEtcd.ts';

/** A write that timed out and reaches etcd after newer ones, as from a member that was frozen. */
checkForLeaks();

const pod = '10.0.0.1:8000';
const prefix = '/baton/v1/late/';

describe('when a write reaches etcd after newer ones', () => {
  let running: TestEtcd;
  let relay: EtcdRelay;
  let instance: LedgerInstance;

  beforeAll(async () => {
    running = await startTestEtcd();
    relay = await new EtcdRelay(running.etcd.endpoint.replace('http://', '')).listen();
    instance = startLedger('a', relay.endpoint, { prefix, requestTimeoutMs: 300, leaseTtlSeconds: 5 });
    await eventually(() => expect(instance.store.inspect()).toBeDefined());
  });
  afterAll(async () => {
    await instance.stop();
    await relay.close();
    await running.stop();
  });

  const stored = async (): Promise<number> => {
    const inspection = instance.store.inspect();
    const { records } = (await inspection?.read({ ranges: [{ prefix: 'load/a' }] })) ?? {};
    const value = records?.get('load/a')?.value;
    const loads = new LoadList();
    if (value !== undefined) loads.read(value);
    return loads.length === 0 ? 0 : loads.inFlight(0);
  };

  it('the newer counts stay', async () => {
    const first = instance.ledger.reserve(pod);
    await eventually(async () => expect(await stored()).toBe(1));
    const late = relay.holdNext('KV/Txn');
    const second = instance.ledger.reserve(pod);
    const third = instance.ledger.reserve(pod);
    await late.arrived;
    second.release();
    await eventually(async () => expect(await stored()).toBe(2));
    await late.send();
    expect(await stored()).toBe(2);
    first.release();
    third.release();
    await eventually(async () => expect(await stored()).toBe(0));
  });
});
