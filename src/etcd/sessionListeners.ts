import type { IgnoredRecords, LeasedRecord, RecordSubscription } from './records.ts';

export type EtcdSessionState =
  | { readonly kind: 'joining'; readonly problem?: string }
  | { readonly kind: 'joined' }
  | { readonly kind: 'stopped' };

/** `broken`: events are late. `resumed`: they have arrived, and none was missed. */
export type WatchState = 'broken' | 'resumed';

/**
 * Everything that listens to a session, given to it when it starts. The order of calls: a snapshot
 * goes to all subscriptions, then `onSynced` fires once, then (at a join) the state becomes
 * `joined`.
 */
export interface SessionListeners {
  readonly records: readonly RecordSubscription[];
  readonly leasedRecords: readonly LeasedRecord[];
  /** Every subscription has its snapshot: after a join, and after each resync. */
  readonly onSynced: () => void;
  readonly onWatch: (state: WatchState) => void;
  /** The rules of a subscription exclude these records. */
  readonly onIgnored: (ignored: IgnoredRecords) => void;
  /** While joined: etcd takes no writes, for this reason; or it takes them again. */
  readonly onWrites: (problem: string | undefined) => void;
  readonly onState: (state: EtcdSessionState) => void;
}

export const noSessionListeners: SessionListeners = {
  records: [],
  leasedRecords: [],
  onSynced() {},
  onWatch() {},
  onIgnored() {},
  onWrites() {},
  onState() {},
};
