import { inSlices } from '../etcd/inSlices.ts';
import type { KeyRange, RangeSnapshot } from '../etcd/rangeSnapshot.ts';
import type { WatchProgress } from '../etcd/watchProgress.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { type Difference, differing } from './differences.ts';
import type { EtcdLedger } from './etcdLedger.ts';
import { reporterOf } from './knownRecords.ts';
import { addUp } from './loadReports.ts';
import { decodePoolRecords } from './poolRecords.ts';
import { rebuildView } from './rebuildView.ts';

/** What a ledger knew in one turn of the event loop: the part that one round compares. */
export interface ViewSnapshot {
  /** The ranges whose stored keys were all followed. */
  readonly ranges: readonly KeyRange[];
  /** key → version of the keys in these ranges, as the watch had delivered them */
  readonly revisions: ReadonlyMap<string, number>;
  /** Whose counts are compared; undefined without peers. */
  readonly peer: PeerSnapshot | undefined;
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

interface PeerSnapshot {
  readonly id: string;
  /** Its records, not decoded: a large peer has more than one turn can take. */
  readonly records: readonly string[];
  readonly total: number;
}

type Counts = ReadonlyMap<string, number>;
const none: Counts = new Map();

/** Up to this size all counts are added up again; beyond it, only the totals are compared. */
const mostBytesAddedUp = 256 * 1024;

/** @param peer whose counts are compared */
export function takeViewSnapshot(
  ledger: EtcdLedger,
  localId: string,
  progress: WatchProgress,
  peer: string | undefined,
): ViewSnapshot {
  const { handedOff, instances } = ledger;
  const ranges = progress.complete;
  return {
    ranges,
    revisions: followedIn(ranges, progress),
    peer: peer === undefined ? undefined : peerSnapshot(ledger, peer),
    handoffs: new Map([...handedOff].map(([instance, handoff]) => [instance, handoff.counts])),
    announcements: new Map([...instances].map(([id, { sequence }]) => [id, sequence])),
    localId,
    local: ledger.isPublished ? new Map(ledger.local()) : undefined,
    sums: [...differingTotals(ledger), ...differingSumsIfFew(ledger)],
  };
}

/**
 * @param keys all keys that were stored at the view's revision
 * @param records of these with their values: all handoffs and instances, the load reports of the
 * chosen peer and of this instance
 */
export async function compareViewSnapshot(
  view: ViewSnapshot,
  keys: RangeSnapshot,
  records: ReadonlyMap<string, Uint8Array>,
): Promise<Difference[]> {
  const found = [...(await differingRevisions(keys, view.revisions)), ...view.sums];
  const { loadReports, handoffs, announcements, unreadable } = rebuildView(decodePoolRecords(records));
  const isReadable = (name: string) =>
    ![...unreadable].some((key) => key === name || key.startsWith(`${name}/`));
  const readable = new Map([...view.announcements].filter(([id]) => isReadable(id)));
  found.push(...differing('view', announcements, readable, 'announcement of '));
  for (const instance of new Set([...handoffs.keys(), ...view.handoffs.keys()])) {
    if (!isReadable(instance)) continue;
    const [should, is] = [handoffs.get(instance) ?? none, view.handoffs.get(instance) ?? none];
    found.push(...differing('view', should, is, `handoff of ${instance} on `));
  }
  if (view.peer !== undefined) {
    const { id, total: known } = view.peer;
    const counts = new Map<string, number>();
    await inSlices(addUp(view.peer.records, counts));
    const name = `total of ${id}`;
    found.push(...differing('view', new Map([[name, total(counts)]]), new Map([[name, known]])));
    if (isReadable(id)) found.push(...differing('view', loadReports.get(id) ?? none, counts, `${id} on `));
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

/** Compares the versions of all keys. In slices, because there may be very many. */
export async function differingRevisions(
  { records }: RangeSnapshot,
  revisions: ReadonlyMap<string, number>,
): Promise<Difference[]> {
  const found: Difference[] = [];
  const compare = (key: string): void => {
    const [should, is] = [records.get(key)?.revision ?? 0, revisions.get(key) ?? 0];
    if (should !== is) found.push({ kind: 'watch', about: key, should, is });
  };
  function* steps(): Iterable<void> {
    for (const key of records.keys()) yield compare(key);
    for (const key of revisions.keys()) yield records.has(key) ? undefined : compare(key);
  }
  await inSlices(steps());
  return found;
}

/** The instances that have load reports, with chunks or without. In slices as well. */
export async function reportersOf(keys: Iterable<string>): Promise<ReadonlySet<string>> {
  const reporters = new Set<string>();
  function* steps(): Iterable<void> {
    for (const key of keys) {
      if (key.startsWith(recordKeys.load)) reporters.add(reporterOf(key.slice(recordKeys.load.length)));
      yield;
    }
  }
  await inSlices(steps());
  return reporters;
}

function peerSnapshot({ loadReports, peerTotals }: EtcdLedger, id: string): PeerSnapshot {
  return { id, records: loadReports.records(id), total: peerTotals.get(id) ?? 0 };
}

function differingTotals({ peerTotals, peerSums }: EtcdLedger): Difference[] {
  const name = 'total of the sums';
  return differing('view', new Map([[name, total(peerTotals)]]), new Map([[name, total(peerSums)]]));
}

function differingSumsIfFew({ loadReports, peerSums }: EtcdLedger): Difference[] {
  if (loadReports.knownBytes > mostBytesAddedUp) return [];
  const should = new Map<string, number>();
  for (const reporter of loadReports.reporters()) {
    for (const _ of addUp(loadReports.records(reporter), should));
  }
  return differing('view', should, peerSums, 'sum of peers on ');
}

function total(counts: Counts): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
