import type { PrefixWatchListener } from './prefixWatch.ts';
import type { RecordListener } from './records.ts';
import type { SessionListeners } from './sessionListeners.ts';

/**
 * Routes each record to the subscriptions whose prefix its key begins with, relative to that
 * prefix.
 */
export class RecordRouter implements PrefixWatchListener {
  readonly #listeners: SessionListeners;

  constructor(listeners: SessionListeners) {
    this.#listeners = listeners;
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    for (const { prefix, listener } of this.#listeners.records) {
      const matching = new Map<string, Uint8Array>();
      for (const [key, value] of records)
        if (key.startsWith(prefix)) matching.set(key.slice(prefix.length), value);
      listener.onSnapshot(matching);
    }
    this.#listeners.onSynced();
  }

  onPut(key: string, value: Uint8Array): void {
    this.#route(key, (listener, rest) => listener.onPut(rest, value));
  }

  onDelete(key: string): void {
    this.#route(key, (listener, rest) => listener.onDelete(rest));
  }

  onBroken(): void {
    this.#listeners.onWatch('broken');
  }

  onResumed(): void {
    this.#listeners.onWatch('resumed');
  }

  #route(key: string, deliver: (listener: RecordListener, rest: string) => void): void {
    for (const { prefix, listener } of this.#listeners.records) {
      if (key.startsWith(prefix)) deliver(listener, key.slice(prefix.length));
    }
  }
}
