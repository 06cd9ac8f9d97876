import type { LifeEvent } from '../eventLog.ts';
import type { EndpointReport, InstanceState } from '../state.ts';
import type { FleetVerdict } from '../verdict/verdict.ts';

/** An event of `/dashboard/feed`: all that the page shows, or what has changed. Types only. */
export interface FeedMessage {
  /** `change`: `rows`, `gone` and `events` are those that differ from the message before. */
  readonly kind: 'full' | 'change';
  /** The version of the page that this instance has: another page may not understand it. */
  readonly page: string;
  /** ISO 8601. */
  readonly at: string;
  /** On a monotonic clock, for rates. */
  readonly atMs: number;
  /** An operator with the token can change something by this port. */
  readonly hasOperator: boolean;
  readonly state: Omit<InstanceState, 'pool'>;
  readonly verdict: FleetVerdict;
  /** The instances that `by` of a row counts for, in its order: first the one that is read. */
  readonly columns: readonly string[];
  readonly events: readonly LifeEvent[];
  /** In the order of the pool. */
  readonly rows: readonly PodRow[];
  /** Addresses that are no longer in the pool. */
  readonly gone: readonly string[];
}

/** A pod as `/state` has it, and whose requests it has. */
export interface PodRow extends EndpointReport {
  /**
   * In flight by instance. The sum differs from `view` by what instances that have stopped handed
   * off, and while stale counts decay.
   */
  readonly by: readonly number[];
}

/** What the instances have in flight, by pod: the local one first. Read one by one. */
export type CountsByInstance = Iterable<readonly [id: string, counts: ReadonlyMap<string, number>]>;
