import type { PrefixWatchListener } from './prefixWatch.ts';
import type { KeyRange } from './rangeSnapshot.ts';
import { RecordRange } from './recordRange.ts';
import type { StoredRecord } from './records.ts';
import type { SessionListeners } from './sessionListeners.ts';

/**
 * Routes each record to the subscriptions that its key belongs to, as their rules allow.
 */
export class RecordRouter implements PrefixWatchListener {
  readonly #listeners: Pick<SessionListeners, 'onSynced' | 'onWatch'>;
  readonly #ranges: readonly RecordRange[];
  /** Each stored key is in one of them. */
  readonly toRead: readonly KeyRange[];

  constructor(listeners: Pick<SessionListeners, 'records' | 'onSynced' | 'onWatch' | 'onIgnored'>) {
    this.#listeners = listeners;
    this.#ranges = listeners.records.map(
      (subscription) => new RecordRange(subscription, listeners.onIgnored),
    );
    this.toRead = this.#ranges.filter((one, nth) => !this.#isCovered(one, nth));
  }

  /** Those of `toRead` whose stored keys are all followed. */
  get complete(): readonly KeyRange[] {
    return this.toRead.filter(({ prefix }) =>
      this.#ranges.every((one) => one.isComplete || !one.prefix.startsWith(prefix)),
    );
  }

  get isWorthReading(): boolean {
    return this.#ranges.some((range) => range.isWorthReading);
  }

  beginSnapshot(): void {
    for (const range of this.#ranges) range.beginSnapshot();
  }

  isFull({ prefix }: KeyRange): boolean {
    return this.#ranges.every((one) => one.isFull || !one.prefix.startsWith(prefix));
  }

  finishSnapshot(unread: ReadonlyMap<KeyRange, number>): void {
    for (const range of this.#ranges) range.finishSnapshot(unread.get(range) ?? 0);
    this.#listeners.onSynced();
  }

  put(key: string, record: StoredRecord): boolean {
    let isFollowed = false;
    for (const range of this.#ranges) {
      if (range.includes(key) && range.put(key, record)) isFollowed = true;
    }
    return isFollowed;
  }

  delete(key: string): void {
    for (const range of this.#ranges) if (range.includes(key)) range.delete(key);
  }

  onBroken(): void {
    this.#listeners.onWatch('broken');
  }

  onResumed(): void {
    this.#listeners.onWatch('resumed');
  }

  /** Its keys are those of another range, or among them. */
  #isCovered(range: RecordRange, nth: number): boolean {
    return this.#ranges.some((other, otherNth) => {
      if (otherNth === nth || !other.includes(range.prefix)) return false;
      const isSame = other.prefix === range.prefix && other.isOneKey === range.isOneKey;
      return isSame ? otherNth < nth : !(other.isOneKey && !range.isOneKey);
    });
  }
}
