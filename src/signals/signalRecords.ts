import type { RecordListener, RecordSnapshot, RecordSubscription } from '../etcd/records.ts';
import { namesPod } from '../proto/records/recordKeys.ts';
import { subscriptionTo } from '../proto/records/recordRules.ts';

/** What follows records of one form; undefined: nothing does. */
export interface SignalListeners {
  /** `signals/<id>`: what an instance holds of pods. */
  readonly ofInstances: RecordListener | undefined;
  /** `signals/<address>`: what a pod says of itself. */
  readonly ofPods: RecordListener | undefined;
}

/** The records under `signals/`, of two forms that their keys tell apart. */
export function signalRecords(listeners: SignalListeners): RecordSubscription {
  return subscriptionTo('signals', new SignalRecords(listeners));
}

class SignalRecords implements RecordListener {
  readonly #listeners: SignalListeners;

  constructor(listeners: SignalListeners) {
    this.#listeners = listeners;
  }

  beginSnapshot(): RecordSnapshot {
    const ofInstances = this.#listeners.ofInstances?.beginSnapshot();
    const ofPods = this.#listeners.ofPods?.beginSnapshot();
    return {
      put: (key, value) => (namesPod(key) ? ofPods : ofInstances)?.put(key, value) ?? 0,
      finish() {
        ofInstances?.finish();
        ofPods?.finish();
      },
    };
  }

  onPut(key: string, value: Uint8Array): void {
    this.#listenerTo(key)?.onPut(key, value);
  }

  onDelete(key: string): void {
    this.#listenerTo(key)?.onDelete(key);
  }

  #listenerTo(key: string): RecordListener | undefined {
    return namesPod(key) ? this.#listeners.ofPods : this.#listeners.ofInstances;
  }
}
