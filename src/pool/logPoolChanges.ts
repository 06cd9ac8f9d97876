import type { Endpoint } from '../scheduling/endpoint.ts';
import type { PoolReport } from './pool.ts';

/** Lines of one change: thousands would delay decisions. */
const mostLogged = 100;

export interface PoolChange {
  readonly before: readonly Endpoint[];
  /** The addresses that are listed now. */
  readonly now: ReadonlySet<string>;
  readonly wasReady: ReadonlySet<string>;
  /** New endpoints become ready by a probe, which is logged then. */
  readonly isProbed: boolean;
}

/** Logs which endpoints are gone, and which are ready without a probe. */
export function logPoolChanges(log: PoolReport['log'], change: PoolChange): void {
  const { before, now, wasReady, isProbed } = change;
  const known = new Set(before.map(({ address }) => address));
  const removed = [...known].filter((address) => !now.has(address) && wasReady.has(address));
  for (const address of removed.slice(0, mostLogged)) {
    const reason = 'no source lists it';
    log.info({ event: 'endpoint.removed', endpoint: address, ready: false, reason }, 'endpoint removed');
  }
  const added = isProbed ? [] : [...now].filter((address) => !known.has(address));
  for (const address of added.slice(0, mostLogged)) {
    const reason = 'listed; not probed';
    log.info({ event: 'endpoint.ready', endpoint: address, ready: true, reason }, 'endpoint ready');
  }
  const more = Math.max(0, removed.length - mostLogged) + Math.max(0, added.length - mostLogged);
  if (more > 0) log.info({ event: 'pool.changed', more }, 'more endpoints added or removed');
}
