import { connect, type EtcdClient } from '../../src/etcd/client.ts';
import { Member } from '../../src/etcd/member.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { startTestEtcd, type TestEtcd } from '../support/testEtcd.ts';

/** What a member of etcd is not blamed for: a stall of this process, and its own lacks. */
checkForLeaks();

/** Below the penalty of a member that has failed. */
const usualCost = 1_000;

const standStill = (forMs: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);

describe('when this process stands still during a request', () => {
  let etcd: TestEtcd;
  let client: EtcdClient;
  beforeAll(async () => {
    etcd = await startTestEtcd();
    client = connect({ endpoints: [etcd.etcd.endpoint], requestTimeoutMs: 300 }, '/stall/');
  });
  afterAll(async () => {
    client.close();
    await etcd.stop();
  });

  it('the member is not blamed, and answers the next request', async () => {
    await client.keys.put('a').value('1').exec();
    const request = client.keys.put('a').value('2').exec();
    request.catch(() => {});
    await new Promise(setImmediate);
    standStill(1_500);
    await request.catch(() => {});
    const costs = client.members.ranked.map((member) => member.cost(performance.now()));
    expect(Math.max(...costs)).toBeLessThan(usualCost);
    expect(await client.keys.get('a').string()).toMatch(/^[12]$/);
  });
});

it('a certificate of this machine that cannot be read says nothing of the member', async () => {
  const member = new Member('https://127.0.0.1:1', { tls: { caFile: '/nowhere/ca.pem' } });
  const call = member.unary('KV', 'range', { key: Buffer.from('a') }, { timeoutMs: 2_000 });
  await expect(call).rejects.toThrow('etcd.tls.caFile: cannot read /nowhere/ca.pem: ENOENT');
  // Neither good, as after an answer, nor bad.
  expect(member.answeredAtMs).toBe(Number.NEGATIVE_INFINITY);
  expect(member.cost(performance.now())).toBeLessThan(usualCost);
  member.close();
});
