import type { KeyRange, RangeSnapshot } from '../etcd/rangeSnapshot.ts';
import type { WatchProgress } from '../etcd/watchProgress.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type Difference, differing } from './differences.ts';
import type { EtcdLedger } from './etcdLedger.ts';
import { decodePoolRecords } from './poolRecords.ts';
import { rebuildView } from './rebuildView.ts';

/** What a ledger knew in one turn of the event loop: the part that one round compares. */
export interface ViewSnapshot {
  /** The ranges whose stored keys were all followed. */
  readonly ranges: readonly KeyRange[];
  /** key → version of the keys in these ranges, as the watch had delivered them */
  readonly revisions: ReadonlyMap<string, number>;
  /** Whose counts are compared; undefined without peers. */
  readonly peer: string | undefined;
  readonly counts: Counts;
  /** By the name of the handoff. */
  readonly handoffs: ReadonlyMap<string, Counts>;
  /** Sequence numbers of announcements, by instance. */
  readonly announcements: Counts;
  readonly localId: string;
  /** undefined while a write is due, or not delivered yet. */
  readonly local: Counts | undefined;
  /** The parts of the view against their sum. */
  readonly sums: readonly Difference[];
}

type Counts = ReadonlyMap<string, number>;
const none: Counts = new Map();

/** Up to this size all counts are added up again; beyond it, only the totals are compared. */
const mostBytesAddedUp = 256 * 1024;

/** @param round selects the peer whose counts are compared */
export function takeViewSnapshot(
  ledger: EtcdLedger,
  localId: string,
  progress: WatchProgress,
  round: number,
): ViewSnapshot {
  const { loadReports, peerTotals, handedOff, instances } = ledger;
  const reporters = new Set([...peerTotals.keys(), ...reportersOf(progress.revisions.keys())]);
  const peers = [...reporters].filter((id) => id !== localId).sort();
  const peer = peers[round % Math.max(1, peers.length)];
  const counts = (peer === undefined ? undefined : loadReports.byReporter(peer).get(peer)) ?? none;
  const ranges = progress.complete;
  return {
    ranges,
    revisions: followedIn(ranges, progress),
    peer,
    counts,
    handoffs: new Map([...handedOff].map(([instance, handoff]) => [instance, handoff.counts])),
    announcements: new Map([...instances].map(([id, { sequence }]) => [id, sequence])),
    localId,
    local: ledger.isPublished ? new Map(ledger.local()) : undefined,
    sums: [...differingTotals(ledger, peer, counts), ...differingSumsIfFew(ledger)],
  };
}

/**
 * @param keys all keys that were stored at the view's revision
 * @param records of these with their values: all handoffs and instances, the load reports of the
 * chosen peer and of this instance
 */
export function compareViewSnapshot(
  view: ViewSnapshot,
  keys: RangeSnapshot,
  records: ReadonlyMap<string, Uint8Array>,
): Difference[] {
  const { loadReports, handoffs, announcements, unreadable } = rebuildView(decodePoolRecords(records));
  const isReadable = (name: string) =>
    ![...unreadable].some((key) => key === name || key.startsWith(`${name}/`));
  const found = [...differing('watch', revisionsOf(keys), view.revisions), ...view.sums];

  const readable = new Map([...view.announcements].filter(([id]) => isReadable(id)));
  found.push(...differing('view', announcements, readable, 'announcement of '));
  for (const instance of new Set([...handoffs.keys(), ...view.handoffs.keys()])) {
    if (!isReadable(instance)) continue;
    const [should, is] = [handoffs.get(instance) ?? none, view.handoffs.get(instance) ?? none];
    found.push(...differing('view', should, is, `handoff of ${instance} on `));
  }
  if (view.peer !== undefined && isReadable(view.peer)) {
    found.push(...differing('view', loadReports.get(view.peer) ?? none, view.counts, `${view.peer} on `));
  }
  if (view.local !== undefined && isReadable(view.localId)) {
    found.push(
      ...differing('published', view.local, loadReports.get(view.localId) ?? none, 'load report on '),
    );
  }
  return found;
}

/** A copy of what the watch has delivered of the keys in these ranges: key → version. */
export function followedIn(
  ranges: readonly KeyRange[],
  { revisions, ranges: all }: WatchProgress,
): Map<string, number> {
  // The usual case, and cheap for very many keys.
  if (ranges.length === all.length) return new Map(revisions);
  const isIn = (key: string): boolean =>
    ranges.some(({ prefix, isOneKey }) => (isOneKey ? key === prefix : key.startsWith(prefix)));
  return new Map([...revisions].filter(([key]) => isIn(key)));
}

/** key → version */
export function revisionsOf({ records }: RangeSnapshot): Map<string, number> {
  return new Map([...records].map(([key, { revision }]) => [key, revision]));
}

/** The instances that have load reports, with chunks or without. */
function reportersOf(keys: Iterable<string>): string[] {
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
