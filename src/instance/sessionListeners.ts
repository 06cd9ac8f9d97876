import type { SessionListeners } from '../etcd/sessionListeners.ts';
import type { InstanceParts } from './parts.ts';
import type { SharedParts } from './sharedParts.ts';

/** What the parts of an instance listen to in etcd; handed to the session when it starts. */
export function sessionListeners(
  { dynamic, pool, prompts, signals, skipped, startup, storeLog }: InstanceParts,
  { ledger, steering }: Extract<SharedParts, { kind: 'etcd' }>,
): SessionListeners {
  const { records, leasedRecords, onWatch, onState } = ledger.sessionListeners;
  return {
    records: [
      ...records,
      dynamic.subscription,
      ...pool.subscriptions,
      steering.subscription,
      ...(signals.shared ? [signals.shared.subscription] : []),
      ...(prompts.shared?.subscriptions ?? []),
    ],
    leasedRecords,
    onWatch,
    onSynced: () => steering.onSynced(),
    onIgnored: (ignored) => skipped.ignored(ignored),
    onWrites: (problem) => storeLog.onWrites(problem),
    onState: (state) => {
      onState(state);
      steering.onState(state);
      if (state.kind === 'joined') {
        signals.shared?.onJoined();
        prompts.shared?.onJoined();
      }
      storeLog.onState(state);
      startup.evaluate();
    },
  };
}
