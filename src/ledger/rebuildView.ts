import type { PoolRecords } from './poolRecords.ts';

/**
 * What a ledger that joins now would know. One that has followed every change must know the same.
 */
export interface RebuiltView {
  /** Requests in flight by address, by reporter. */
  readonly loadReports: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** The same of requests that were handed off, by what follows `handoffs/`. */
  readonly handoffs: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Sequence numbers of the instances' announcements, by id. */
  readonly announcements: ReadonlyMap<string, number>;
  /** Names of records that cannot be compared: the view keeps the last readable version. */
  readonly unreadable: ReadonlySet<string>;
}

export function rebuildView({ instances, loadReports, handoffs, unreadable }: PoolRecords): RebuiltView {
  return {
    loadReports,
    handoffs: new Map([...handoffs].map(([name, { counts }]) => [name, counts])),
    announcements: new Map([...instances].map(([id, { sequence }]) => [id, sequence])),
    unreadable: new Set(unreadable.map(({ name }) => name)),
  };
}
