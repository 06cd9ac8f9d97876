import type { RangeSnapshot } from '../etcd/rangeSnapshot.ts';
import type { WatchProgress } from '../etcd/watchProgress.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type Difference, differing } from './differences.ts';
import type { EtcdLedger } from './etcdLedger.ts';
import { decodePoolRecords } from './poolRecords.ts';
import { rebuildView } from './rebuildView.ts';

/** What a ledger knew in one turn of the event loop, as far as one round of the consistency check compares it. */
export interface ViewSnapshot {
  /** key → version, as the watch had shown them. */
  readonly revisions: ReadonlyMap<string, number>;
  /** Whose counts are compared; undefined without peers. */
  readonly peer: string | undefined;
  readonly counts: Counts;
  /** By giver. */
  readonly handoffs: ReadonlyMap<string, Counts>;
  /** Numbers of announcements, by instance. */
  readonly announcements: Counts;
  readonly ownId: string;
  /** undefined while something waits to be written or shown. */
  readonly local: Counts | undefined;
  /** Found at once: the parts of the view against their sum. */
  readonly sums: readonly Difference[];
}

type Counts = ReadonlyMap<string, number>;
const none: Counts = new Map();

/** What is added up again as a whole; of more only the totals are compared. */
const mostBytesAddedUp = 256 * 1024;

/** @param round which peer's counts: each in its turn */
export function takeViewSnapshot(
  ledger: EtcdLedger,
  ownId: string,
  shown: WatchProgress,
  round: number,
): ViewSnapshot {
  const { loadReports, peerTotals, handedOff, instances } = ledger;
  const owners = new Set([...peerTotals.keys(), ...ownersOf(shown.revisions.keys())]);
  const peers = [...owners].filter((id) => id !== ownId).sort();
  const peer = peers[round % Math.max(1, peers.length)];
  const counts = (peer === undefined ? undefined : loadReports.byReporter(peer).get(peer)) ?? none;
  return {
    revisions: new Map(shown.revisions),
    peer,
    counts,
    handoffs: new Map([...handedOff].map(([instance, handoff]) => [instance, handoff.counts])),
    announcements: new Map([...instances].map(([id, { sequence }]) => [id, sequence])),
    ownId,
    local: ledger.isPublished ? new Map(ledger.local()) : undefined,
    sums: [...differingTotals(ledger, peer, counts), ...differingSumsIfFew(ledger)],
  };
}

/**
 * @param keys everything that was stored when the copy was made
 * @param records among it with their values: all handoffs and instances, the chosen peer's counts and the own
 */
export function compareViewSnapshot(
  copy: ViewSnapshot,
  keys: RangeSnapshot,
  records: ReadonlyMap<string, Uint8Array>,
): Difference[] {
  const { loadReports, handoffs, announcements, unreadable } = rebuildView(decodePoolRecords(records));
  const isReadable = (whose: string) =>
    ![...unreadable].some((key) => key === whose || key.startsWith(`${whose}/`));
  const found = [...differing('watch', revisionsOf(keys), copy.revisions), ...copy.sums];

  const readable = new Map([...copy.announcements].filter(([id]) => isReadable(id)));
  found.push(...differing('view', announcements, readable, 'announcement of '));
  for (const instance of new Set([...handoffs.keys(), ...copy.handoffs.keys()])) {
    if (!isReadable(instance)) continue;
    const [should, is] = [handoffs.get(instance) ?? none, copy.handoffs.get(instance) ?? none];
    found.push(...differing('view', should, is, `left by ${instance} on `));
  }
  if (copy.peer !== undefined && isReadable(copy.peer)) {
    found.push(...differing('view', loadReports.get(copy.peer) ?? none, copy.counts, `${copy.peer} on `));
  }
  if (copy.local !== undefined && isReadable(copy.ownId)) {
    found.push(...differing('published', copy.local, loadReports.get(copy.ownId) ?? none, 'own record on '));
  }
  return found;
}

/** key → version */
export function revisionsOf({ records }: RangeSnapshot): Map<string, number> {
  return new Map([...records].map(([key, { revision }]) => [key, revision]));
}

/** Whose counts there are, whatever follows their ids. */
function ownersOf(keys: Iterable<string>): string[] {
  return [...keys].flatMap((key) => (key.startsWith(recordKeys.load) ? [key.split('/')[1] as string] : []));
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

function differingSumsIfFew({ loadReports, peerSums }: EtcdLedger): Difference[] {
  if (loadReports.knownBytes > mostBytesAddedUp) return [];
  const should = new Map<string, number>();
  for (const counts of loadReports.byReporter().values()) {
    for (const [address, count] of counts) should.set(address, (should.get(address) ?? 0) + count);
  }
  return differing('view', should, peerSums, 'sum of peers on ');
}

function total(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
