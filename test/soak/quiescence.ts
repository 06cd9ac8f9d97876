import { isDeepStrictEqual } from 'node:util';
import { connect } from '../../src/etcd/client.ts';
import { type RangeSnapshot, readRanges } from '../../src/etcd/rangeSnapshot.ts';
import { decodePoolRecords } from '../../src/ledger/poolRecords.ts';
import { rebuildView } from '../../src/ledger/rebuildView.ts';
import { until } from '../../tools/testbed/until.ts';
import type { EtcdCluster } from '../support/etcdCluster.ts';
import { prefix, type SoakEnvironment, type SoakMember } from './soakEnvironment.ts';

/**
 * The state that must be reached after the last stream: all counts are zero, and etcd has no record
 * without an owner. Waits for it, and fails with what differs. The timeout is long for slow
 * machines.
 */
const longWait = { timeoutMs: 120_000, intervalMs: 200 };

/** Keys that have no lease by design. */
const permanent = /^(target|config|endpoints\/.*)$/;

/** Rounds of the consistency check that must find nothing at the end. */
const roundsAtRest = 3;

export async function allCountsAreZero({ members, etcd }: SoakEnvironment): Promise<void> {
  const what = 'every count to be zero';
  await until(() => areZero(members.map(countsOf)), { what, ...longWait });
  await until(async () => areZero([storedCounts(await stored(endpointOf(etcd)))]), {
    what: 'every stored count to be zero',
    ...longWait,
  });
  await Promise.all(members.map(checkedAtRest));
  await until(() => areZero(members.map(countsOf)), { what, ...longWait });
}

async function checkedAtRest({ baton }: SoakMember): Promise<void> {
  const rounds = async () => (await baton.state()).consistency.rounds;
  const before = await until(rounds, {
    what: `${baton.name} to report consistency checks`,
    ...longWait,
  });
  await until(async () => (await rounds()) >= before + roundsAtRest, {
    what: `${baton.name} to check its consistency ${roundsAtRest} times`,
    ...longWait,
  });
}

/** After all instances have stopped: only permanent keys, and no lease. */
export async function etcdIsEmpty({ etcd }: SoakEnvironment): Promise<void> {
  await until(
    async () => {
      const { records } = await stored(endpointOf(etcd));
      expectEach({ 'keys of stopped instances': [...records.keys()].filter((key) => !permanent.test(key)) }, [
        [],
      ]);
      return true;
    },
    { what: 'the keys to be deleted', ...longWait },
  );
  await until(
    async () => {
      expectEach({ leases: await leases(endpointOf(etcd)) }, [[]]);
      return true;
    },
    { what: 'the leases to end', ...longWait },
  );
}

/** Everything that must be empty or zero, by name. */
async function countsOf({ baton }: SoakMember): Promise<Record<string, unknown>> {
  const { streams, pool, peers, handoffs, consistency, store } = await baton.state();
  const busy = pool.filter(({ local, view }) => local !== 0 || view !== 0);
  return {
    [`${baton.name}: streams`]: streams.open,
    [`${baton.name}: local and view by endpoint`]: busy.map(({ address, local, view }) => ({
      address,
      local,
      view,
    })),
    [`${baton.name}: peers`]: peers.filter(({ inFlight }) => inFlight !== 0),
    [`${baton.name}: handoffs`]: handoffs,
    [`${baton.name}: consistency`]: consistency.last,
    [`${baton.name}: without lease`]: store.leaseHeld ? 0 : 1,
  };
}

function storedCounts({ records }: RangeSnapshot): Record<string, unknown> {
  const values = new Map([...records].map(([key, { value }]) => [key, value]));
  const { loadReports, handoffs } = rebuildView(decodePoolRecords(values));
  return {
    'stored counts': [...loadReports]
      .filter(([, counts]) => counts.size > 0)
      .map(([id, counts]) => ({ id, counts: Object.fromEntries(counts) })),
    'stored handoffs': [...handoffs.keys()],
    'keys without lease': [...records]
      .filter(([key, { leaseId }]) => leaseId === '0' && !permanent.test(key))
      .map(([key]) => key),
  };
}

async function areZero(
  named: readonly (Record<string, unknown> | Promise<Record<string, unknown>>)[],
): Promise<boolean> {
  for (const each of await Promise.all(named)) expectEach(each, [0, []]);
  return true;
}

/** @throws Error that lists every value that is none of the expected ones */
function expectEach(named: Record<string, unknown>, expected: readonly unknown[]): void {
  const wrong = Object.entries(named).filter(
    ([, value]) => !expected.some((one) => isDeepStrictEqual(value, one)),
  );
  if (wrong.length > 0)
    throw new Error(wrong.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('; '));
}

/** All members run. */
function endpointOf({ members: [first] }: EtcdCluster): string {
  if (first === undefined) throw new Error('etcd has no member');
  return first.endpoint;
}

async function stored(endpoint: string): Promise<RangeSnapshot> {
  const client = connect({ endpoints: [endpoint], requestTimeoutMs: 5_000 }, prefix);
  try {
    return await readRanges(client, { ranges: [{ prefix: '' }] });
  } finally {
    client.close();
  }
}

/** Through etcd's HTTP gateway. */
async function leases(endpoint: string): Promise<readonly string[]> {
  const answer = await fetch(`${endpoint}/v3/lease/leases`, { method: 'POST', body: '{}' });
  const { leases: list = [] } = (await answer.json()) as { leases?: { ID: string }[] };
  return list.map(({ ID }) => ID);
}
