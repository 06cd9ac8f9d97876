import type { EtcdSessionState, SessionListeners } from '../etcd/sessionListeners.ts';
import type { EtcdLedger } from '../ledger/etcdLedger.ts';
import type { InstanceParts } from './parts.ts';

/**
 * Everything that the parts of one instance listen to in etcd: the one place where they meet the session.
 *
 * @param onState the instance's own reaction, after that of its parts
 */
export function sessionListeners(
  { dynamic, steering, pool }: Pick<InstanceParts, 'dynamic' | 'steering' | 'pool'>,
  ledger: EtcdLedger,
  onState: (state: EtcdSessionState) => void,
): SessionListeners {
  const { records, leasedRecords, onWatch, onState: onLedgerState } = ledger.sessionListeners;
  return {
    records: [
      ...records,
      dynamic.subscription,
      ...(steering === undefined ? [] : [steering.subscription]),
      ...pool.subscriptions,
    ],
    leasedRecords,
    onWatch,
    onSynced: () => steering?.onSynced(),
    onState: (state) => {
      onLedgerState(state);
      steering?.onState(state);
      onState(state);
    },
  };
}
