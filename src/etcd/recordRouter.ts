import { inSlices } from './inSlices.ts';
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

  async onSnapshot(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    await inSlices(this.#deliver(records));
    this.#listeners.onSynced();
  }

  *#deliver(records: ReadonlyMap<string, Uint8Array>): Iterable<unknown> {
    const matching = this.#listeners.records.map(() => new Map<string, Uint8Array>());
    for (const [key, value] of records) {
      for (const [nth, { prefix }] of this.#listeners.records.entries()) {
        if (key.startsWith(prefix)) matching[nth]?.set(key.slice(prefix.length), value);
      }
      yield;
    }
    for (const [nth, { listener }] of this.#listeners.records.entries()) {
      yield* listener.onSnapshot(matching[nth] ?? new Map()) ?? [];
    }
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
