import { connect } from '../../../src/etcd/client.ts';
import { until } from '../../../tools/testbed/until.ts';
import { frozenRecords } from '../../support/frozenRecords.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { type LedgerInstance, startLedger } from '../../support/ledgerInstance.ts';
import { PreviousRelease } from '../../support/previousRelease.ts';
import { startTestEtcd } from '../../support/testEtcd.ts';

/** Two releases in one pool, as in every upgrade: both keep one view. */
checkForLeaks();

const pod1 = '10.0.0.1:8000';
const pod2 = '10.0.0.2:8000';
const prefix = '/baton/v1/test/';

let running: Awaited<ReturnType<typeof startTestEtcd>>;
let current: LedgerInstance;

beforeEach(async () => {
  running = await startTestEtcd();
  current = startLedger('current', running.etcd.endpoint, { prefix });
  await until(() => current.store.state.kind === 'joined', { what: 'the current release to join' });
});

afterEach(async () => {
  await current.stop();
  await running.stop();
});

describe('an instance of the previous release beside one of this', () => {
  it('shares one view with it, in both directions, and leaves it', async () => {
    const previous = new PreviousRelease('previous', running.etcd.endpoint, { prefix, generation: 1 });
    try {
      await until(() => previous.store.state.kind === 'joined', { what: 'the previous release to join' });
      await previous.take(pod1, 10);
      const reservations = [current.ledger.reserve(pod1), current.ledger.reserve(pod2)];
      const agree = (address: string, count: number): Promise<true> =>
        until(
          () =>
            [previous.inFlight(address), current.ledger.inFlight(address)].every((seen) => seen === count),
          {
            what: `both to see ${count} on ${address}`,
          },
        );
      await agree(pod1, 11);
      await agree(pod2, 1);
      for (const reservation of reservations) reservation.release();
      await agree(pod1, 10);
      await agree(pod2, 0);
      expect(current.ledger.instances.get('previous')).toMatchObject({
        generation: 1,
        phase: 'ready',
        withoutEndpoints: false,
      });
    } finally {
      await previous.stop();
    }
    await until(() => current.ledger.inFlight(pod1) === 0, { what: 'the previous release to be gone' });
    expect(current.recordsSkipped()).toBe(0);
  });
});

describe.each([1, 2] as const)('frozen records of protocol version %d in the store', (version) => {
  it('are counted, and none is skipped', async () => {
    const client = connect({ endpoints: [running.etcd.endpoint], requestTimeoutMs: 2_000 }, prefix);
    const records = frozenRecords(`version${version}`);
    const lease = client.keys.lease(60, { autoKeepAlive: false });
    for (const [key, value] of records) await lease.put(key).value(Buffer.from(value));
    client.close();
    const counted = { 1: [14, 20], 2: [5, 8] }[version];
    // Handoffs decay from the moment of their delivery.
    await until(() => Math.round(current.ledger.inFlight(pod1)) === counted[0], { what: 'pod 1' });
    await until(() => Math.round(current.ledger.inFlight(pod2)) === counted[1], { what: 'pod 2' });
    expect(current.recordsSkipped()).toBe(0);
  });
});
