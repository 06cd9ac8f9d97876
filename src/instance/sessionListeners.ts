import type { SessionListeners } from '../etcd/sessionListeners.ts';
import { signalRecords } from '../signals/signalRecords.ts';
import type { PoolParts } from './poolParts.ts';
import type { SharedParts } from './sharedParts.ts';

/** What the parts of an instance listen to in etcd; handed to the session when it starts. */
export function sessionListeners(
  { dynamic, metricsParts, pool, prompts, signals, skipped, startup, storeLog }: PoolParts,
  { ledger, steering }: Extract<SharedParts, { kind: 'etcd' }>,
): SessionListeners {
  const { records, leasedRecords, onWatch, onState } = ledger.sessionListeners;
  return {
    records: [
      ...records,
      dynamic.subscription,
      ...pool.subscriptions,
      steering.subscription,
      signalRecords({ ofInstances: signals.shared, ofPods: metricsParts.shared }),
      ...(prompts.shared?.subscriptions ?? []),
    ],
    leasedRecords,
    onWatch,
    onSynced: () => {
      steering.onSynced();
      metricsParts.podMetrics.changed();
    },
    onIgnored: (ignored) => skipped.ignored(ignored),
    onWrites: (problem) => storeLog.onWrites(problem),
    onState: (state) => {
      onState(state);
      steering.onState(state);
      if (state.kind === 'joined') {
        signals.shared?.onJoined();
        prompts.shared?.onJoined();
      }
      metricsParts.podMetrics.changed();
      storeLog.onState(state);
      startup.evaluate();
    },
  };
}
