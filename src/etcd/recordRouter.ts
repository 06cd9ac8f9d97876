import type { PrefixWatchListener } from './prefixWatch.ts';
import type { RecordListener } from './records.ts';

/** Hands each record to the listener whose prefix its key begins with, relative to that prefix. */
export class RecordRouter implements PrefixWatchListener {
  readonly #routes: { readonly prefix: string; readonly listener: RecordListener }[] = [];
  readonly #watchListeners = new Set<(state: 'broken' | 'resumed') => void>();

  get isEmpty(): boolean {
    return this.#routes.length === 0;
  }

  add(prefix: string, listener: RecordListener): void {
    this.#routes.push({ prefix, listener });
  }

  onWatch(listener: (state: 'broken' | 'resumed') => void): void {
    this.#watchListeners.add(listener);
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    for (const { prefix, listener } of this.#routes) {
      const own = new Map<string, Uint8Array>();
      for (const [key, value] of records)
        if (key.startsWith(prefix)) own.set(key.slice(prefix.length), value);
      listener.onSnapshot(own);
    }
  }

  onPut(key: string, value: Uint8Array): void {
    this.#route(key, (listener, rest) => listener.onPut(rest, value));
  }

  onDelete(key: string): void {
    this.#route(key, (listener, rest) => listener.onDelete(rest));
  }

  onBroken(): void {
    for (const listener of this.#watchListeners) listener('broken');
  }

  onResumed(): void {
    for (const listener of this.#watchListeners) listener('resumed');
  }

  #route(key: string, hand: (listener: RecordListener, rest: string) => void): void {
    for (const { prefix, listener } of this.#routes) {
      if (key.startsWith(prefix)) hand(listener, key.slice(prefix.length));
    }
  }
}
