import { isDeepStrictEqual } from 'node:util';
import { connect } from '../../src/etcd/client.ts';
import { type RangeSnapshot, readRange } from '../../src/etcd/rangeSnapshot.ts';
import { decodePoolRecords } from '../../src/ledger/poolRecords.ts';
import { rebuildView } from '../../src/ledger/rebuildView.ts';
import { until } from '../../tools/testbed/until.ts';
import { type Member, prefix, type SoakEnvironment } from './soakEnvironment.ts';

/**
 * Waits until the world is as it has to be after the last stream, and fails with what is not: nothing counted
 * anywhere, nothing left in etcd that has no owner. Conditions, not times; the patience is for slow machines.
 */
const patience = { timeoutMs: 120_000, everyMs: 200 };

/** What lives without a lease on purpose. */
const lasting = /^(target|config|endpoints\/.*)$/;

/** Rounds of the consistency check that have to find nothing after everything has come to rest. */
const roundsAtRest = 3;

export async function nothingIsCounted({ members, etcd }: SoakEnvironment): Promise<void> {
  const what = 'every count to be zero';
  await until(() => isNothing(members.map(countsOf)), { what, ...patience });
  await until(async () => isNothing([storedCounts(await stored(etcd.endpoint))]), {
    what: 'every stored count to be zero',
    ...patience,
  });
  await Promise.all(members.map(checkedAtRest));
  await until(() => isNothing(members.map(countsOf)), { what, ...patience });
}

async function checkedAtRest({ baton }: Member): Promise<void> {
  const rounds = async () => (await baton.state()).consistency.rounds;
  const before = await until(rounds, {
    what: `${baton.name} to tell of its consistency checks`,
    ...patience,
  });
  await until(async () => (await rounds()) >= before + roundsAtRest, {
    what: `${baton.name} to check its consistency ${roundsAtRest} times`,
    ...patience,
  });
}

/** After all instances have ended: no key but those that are to stay, and no lease. */
export async function nothingIsLeftInEtcd({ etcd }: SoakEnvironment): Promise<void> {
  await until(
    async () => {
      const { records } = await stored(etcd.endpoint);
      equal({ 'keys of those who left': [...records.keys()].filter((key) => !lasting.test(key)) }, [[]]);
      return true;
    },
    { what: 'the keys to vanish', ...patience },
  );
  await until(
    async () => {
      equal({ leases: await leases(etcd.endpoint) }, [[]]);
      return true;
    },
    { what: 'the leases to end', ...patience },
  );
}

/** Everything that may not be there, by name; all of it empty or zero when all is well. */
async function countsOf({ baton }: Member): Promise<Record<string, unknown>> {
  const { streams, pool, peers, handoffs, consistency, store } = await baton.state();
  const busy = pool.filter(({ local: own, view }) => own !== 0 || view !== 0);
  return {
    [`${baton.name}: streams`]: streams.open,
    [`${baton.name}: own and view by endpoint`]: busy.map(({ address, local: own, view }) => ({
      address,
      own,
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
      .filter(([key, { leaseId }]) => leaseId === '0' && !lasting.test(key))
      .map(([key]) => key),
  };
}

async function isNothing(
  named: readonly (Record<string, unknown> | Promise<Record<string, unknown>>)[],
): Promise<boolean> {
  for (const each of await Promise.all(named)) equal(each, [0, []]);
  return true;
}

/** @throws Error that names everything that is none of these */
function equal(named: Record<string, unknown>, wanted: readonly unknown[]): void {
  const wrong = Object.entries(named).filter(
    ([, value]) => !wanted.some((right) => isDeepStrictEqual(value, right)),
  );
  if (wrong.length > 0)
    throw new Error(wrong.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join('; '));
}

async function stored(endpoint: string): Promise<RangeSnapshot> {
  const client = connect({ endpoints: [endpoint], requestTimeoutMs: 5_000 }, prefix);
  try {
    return await readRange(client, {});
  } finally {
    client.close();
  }
}

/** By etcd's HTTP gateway. */
async function leases(endpoint: string): Promise<readonly string[]> {
  const answer = await fetch(`${endpoint}/v3/lease/leases`, { method: 'POST', body: '{}' });
  const { leases: list = [] } = (await answer.json()) as { leases?: { ID: string }[] };
  return list.map(({ ID }) => ID);
}
