import { Handoffs, handoffPrefix } from './handoffs.ts';
import { InstanceRecords } from './instances.ts';
import { LoadReports } from './loadReports.ts';
import { PeerCounts } from './peerCounts.ts';

/** What stored records say, by whose they are. */
export interface RebuiltView {
  readonly loadReports: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Requests left behind, by giver. */
  readonly handoffs: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Numbers of the instances' announcements, by id. */
  readonly announcements: ReadonlyMap<string, number>;
  /** Records that nothing can be compared with, because the view keeps the last readable one. */
  readonly unreadable: ReadonlySet<string>;
}

/**
 * Reads records as the ledger reads them, by the same code but from nothing: what a ledger that begins now would
 * know. The one that has followed every change must know the same.
 */
export function rebuildView(records: ReadonlyMap<string, Uint8Array>): RebuiltView {
  const unreadable = new Set<string>();
  const onUnreadable = (key: string) => void unreadable.add(key);
  const peers = new PeerCounts({ staleDecayMs: 0, nowMs: () => 0 });
  const loadReports = new LoadReports({ ownId: '', peers, onOwn() {}, onUnreadable });
  const instances = new InstanceRecords({ onUnreadable });
  const handoffs = new Handoffs({ nowMs: () => 0, unixMs: () => 0, onNew() {}, onUnreadable });
  loadReports.onSnapshot(under('load/', records));
  instances.onSnapshot(under('instances/', records));
  handoffs.onSnapshot(under(handoffPrefix, records));
  return {
    loadReports: loadReports.byReporter(),
    handoffs: new Map([...handoffs.known].map(([instance, { counts }]) => [instance, counts])),
    announcements: new Map([...instances.known].map(([id, { sequence }]) => [id, sequence])),
    unreadable,
  };
}

function under(prefix: string, records: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const rest = new Map<string, Uint8Array>();
  for (const [key, value] of records) if (key.startsWith(prefix)) rest.set(key.slice(prefix.length), value);
  return rest;
}
