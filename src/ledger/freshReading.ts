import { Bequests, bequestPrefix } from './bequests.ts';
import { Contributions } from './contributions.ts';
import { Instances } from './instances.ts';
import { PeerCounts } from './peerCounts.ts';

/** What stored records say, by whose they are. */
export interface FreshReading {
  readonly contributions: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Requests left behind, by giver. */
  readonly bequests: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Numbers of the instances' announcements, by id. */
  readonly announcements: ReadonlyMap<string, number>;
  /** Records that nothing can be compared with, because the view keeps the last readable one. */
  readonly unreadable: ReadonlySet<string>;
}

/**
 * Reads records as the ledger reads them, by the same code but from nothing: what a ledger that begins now would
 * know. The one that has followed every change must know the same.
 */
export function readAfresh(records: ReadonlyMap<string, Uint8Array>): FreshReading {
  const unreadable = new Set<string>();
  const onUnreadable = (key: string) => void unreadable.add(key);
  const peers = new PeerCounts({ fadeMs: 0, nowMs: () => 0 });
  const contributions = new Contributions({ ownId: '', peers, onOwn() {}, onUnreadable });
  const instances = new Instances({ onUnreadable });
  const bequests = new Bequests({ nowMs: () => 0, unixMs: () => 0, onNew() {}, onUnreadable });
  contributions.onSnapshot(under('load/', records));
  instances.onSnapshot(under('instances/', records));
  bequests.onSnapshot(under(bequestPrefix, records));
  return {
    contributions: contributions.byContributor(),
    bequests: new Map([...bequests.known].map(([giver, { counts }]) => [giver, counts])),
    announcements: new Map([...instances.known].map(([id, { sequence }]) => [id, sequence])),
    unreadable,
  };
}

function under(prefix: string, records: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const rest = new Map<string, Uint8Array>();
  for (const [key, value] of records) if (key.startsWith(prefix)) rest.set(key.slice(prefix.length), value);
  return rest;
}
