import type { Reading } from '../etcd/reading.ts';
import type { Shown } from '../etcd/shown.ts';
import { type Difference, differing } from './differences.ts';
import type { EtcdLedger } from './etcdLedger.ts';
import { readAfresh } from './freshReading.ts';

/** What a ledger knew in one turn of the event loop, as far as one round of the audit compares it. */
export interface ViewCopy {
  /** key → version, as the watch had shown them. */
  readonly revisions: ReadonlyMap<string, number>;
  /** Whose counts are compared; undefined without peers. */
  readonly peer: string | undefined;
  readonly counts: Counts;
  /** By giver. */
  readonly bequests: ReadonlyMap<string, Counts>;
  /** Numbers of announcements, by instance. */
  readonly announcements: Counts;
  readonly ownId: string;
  /** undefined while something waits to be written or shown. */
  readonly own: Counts | undefined;
  /** Found at once: the parts of the view against their sum. */
  readonly sums: readonly Difference[];
}

type Counts = ReadonlyMap<string, number>;
const none: Counts = new Map();

/** What is added up again as a whole; of more only the totals are compared. */
const mostBytesAddedUp = 256 * 1024;

/** @param round which peer's counts: each in its turn */
export function copyView(ledger: EtcdLedger, ownId: string, shown: Shown, round: number): ViewCopy {
  const { contributions, peerTotals, bequeathed, instances } = ledger;
  const owners = new Set([...peerTotals.keys(), ...ownersOf(shown.revisions.keys())]);
  const peers = [...owners].filter((id) => id !== ownId).sort();
  const peer = peers[round % Math.max(1, peers.length)];
  const counts = (peer === undefined ? undefined : contributions.byContributor(peer).get(peer)) ?? none;
  return {
    revisions: new Map(shown.revisions),
    peer,
    counts,
    bequests: new Map([...bequeathed].map(([giver, bequest]) => [giver, bequest.counts])),
    announcements: new Map([...instances].map(([id, { sequence }]) => [id, sequence])),
    ownId,
    own: ledger.isPublished ? new Map(ledger.own()) : undefined,
    sums: [...differingTotals(ledger, peer, counts), ...differingSumsIfFew(ledger)],
  };
}

/**
 * @param keys everything that was stored when the copy was made
 * @param records among it with their values: all bequests and instances, the chosen peer's counts and the own
 */
export function compareCopy(
  copy: ViewCopy,
  keys: Reading,
  records: ReadonlyMap<string, Uint8Array>,
): Difference[] {
  const { contributions, bequests, announcements, unreadable } = readAfresh(records);
  const isReadable = (whose: string) =>
    ![...unreadable].some((key) => key === whose || key.startsWith(`${whose}/`));
  const found = [...differing('shown', revisionsOf(keys), copy.revisions), ...copy.sums];

  const readable = new Map([...copy.announcements].filter(([id]) => isReadable(id)));
  found.push(...differing('view', announcements, readable, 'announcement of '));
  for (const giver of new Set([...bequests.keys(), ...copy.bequests.keys()])) {
    if (!isReadable(giver)) continue;
    const [should, is] = [bequests.get(giver) ?? none, copy.bequests.get(giver) ?? none];
    found.push(...differing('view', should, is, `left by ${giver} on `));
  }
  if (copy.peer !== undefined && isReadable(copy.peer)) {
    found.push(...differing('view', contributions.get(copy.peer) ?? none, copy.counts, `${copy.peer} on `));
  }
  if (copy.own !== undefined && isReadable(copy.ownId)) {
    found.push(...differing('published', copy.own, contributions.get(copy.ownId) ?? none, 'own record on '));
  }
  return found;
}

/** key → version */
export function revisionsOf({ records }: Reading): Map<string, number> {
  return new Map([...records].map(([key, { revision }]) => [key, revision]));
}

/** Whose counts there are, whatever follows their ids. */
function ownersOf(keys: Iterable<string>): string[] {
  return [...keys].flatMap((key) => (key.startsWith('load/') ? [key.split('/')[1] as string] : []));
}

function differingTotals(
  { peerTotals, peerSums }: EtcdLedger,
  peer: string | undefined,
  counts: Counts,
): Difference[] {
  const should = new Map([['total of the sums', total(peerTotals)]]);
  const is = new Map([['total of the sums', total(peerSums)]]);
  if (peer !== undefined) {
    should.set(`total of ${peer}`, total(counts));
    is.set(`total of ${peer}`, peerTotals.get(peer) ?? 0);
  }
  return differing('view', should, is);
}

function differingSumsIfFew({ contributions, peerSums }: EtcdLedger): Difference[] {
  if (contributions.knownBytes > mostBytesAddedUp) return [];
  const should = new Map<string, number>();
  for (const counts of contributions.byContributor().values()) {
    for (const [address, count] of counts) should.set(address, (should.get(address) ?? 0) + count);
  }
  return differing('view', should, peerSums, 'sum of peers on ');
}

function total(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
