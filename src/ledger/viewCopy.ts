import type { Reading } from '../etcd/reading.ts';
import type { Shown } from '../etcd/shown.ts';
import { type Difference, differing, differingSums } from './differences.ts';
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

/** Sums that are added up again in one round. */
const sumsInARound = 500;

/** @param round which peer's counts, and which part of the sums: each in its turn */
export function copyView(ledger: EtcdLedger, ownId: string, shown: Shown, round: number): ViewCopy {
  const { contributions, peerSums, bequeathed, instances } = ledger;
  const owners = new Set([...contributions.keys(), ...ownersOf(shown.revisions.keys())]);
  const [peer] = someOf([...owners].filter((id) => id !== ownId).sort(), round, 1);
  const counts = new Map(peer === undefined ? none : contributions.get(peer));
  const addresses = new Set([
    ...someOf([...peerSums.keys()], round * sumsInARound, sumsInARound),
    ...someOf([...counts.keys()], round * sumsInARound, sumsInARound),
  ]);
  return {
    revisions: new Map(shown.revisions),
    peer,
    counts,
    bequests: new Map([...bequeathed].map(([giver, bequest]) => [giver, bequest.counts])),
    announcements: new Map([...instances].map(([id, { sequence }]) => [id, sequence])),
    ownId,
    own: ledger.isPublished ? new Map(ledger.own()) : undefined,
    sums: differingSums(contributions.values(), peerSums, addresses),
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

/** So many from one place on, beginning anew behind the end. */
function someOf(all: readonly string[], from: number, count: number): readonly string[] {
  const start = all.length === 0 ? 0 : from % all.length;
  return [...all.slice(start), ...all.slice(0, start)].slice(0, count);
}
