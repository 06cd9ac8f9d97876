import {
  type IgnoredRecords,
  type RecordSnapshot,
  type RecordSubscription,
  reasonToIgnore,
  type StoredRecord,
} from './records.ts';

/** The keys of Baton are shorter. Whatever else is under the prefix, it does not read. */
const usableKey = /^[\x21-\x7e]{0,512}$/;

/** A range is read again when it has fallen below this share of its limits. */
const roomShare = 0.9;

export function isUsableKey(key: string): boolean {
  return usableKey.test(key);
}

/**
 * Passes the records of one subscription on as its rules allow, and knows which keys it follows:
 * all up to the limits. Whatever is not passed on is reported.
 */
export class RecordRange {
  readonly #subscription: RecordSubscription;
  readonly #report: (ignored: IgnoredRecords) => void;
  /** The keys that are followed, and what is kept of each. */
  #kept = new Map<string, number>();
  #keptBytes = 0;
  #isComplete = true;
  #snapshot: RecordSnapshot | undefined;

  constructor(subscription: RecordSubscription, report: (ignored: IgnoredRecords) => void) {
    this.#subscription = subscription;
    this.#report = report;
  }

  get prefix(): string {
    return this.#subscription.prefix;
  }

  get isOneKey(): boolean {
    return this.#subscription.isOneKey === true;
  }

  /** Every stored key of the range is followed. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** No further key is followed. */
  get isFull(): boolean {
    return this.#isBeyond(1);
  }

  /** Keys were left out, and there is room for them again. */
  get isWorthReading(): boolean {
    return !this.#isComplete && !this.#isBeyond(roomShare);
  }

  includes(key: string): boolean {
    return this.isOneKey ? key === this.prefix : key.startsWith(this.prefix);
  }

  beginSnapshot(): void {
    this.#kept = new Map();
    this.#keptBytes = 0;
    this.#isComplete = true;
    this.#snapshot = this.#subscription.listener.beginSnapshot();
  }

  /** @param unread records of the range that were not read, because it is full */
  finishSnapshot(unread: number): void {
    this.#snapshot?.finish();
    this.#snapshot = undefined;
    if (unread > 0) this.#leaveOut({ count: unread });
  }

  /** @returns whether the key is followed */
  put(fullKey: string, record: StoredRecord): boolean {
    const key = fullKey.slice(this.prefix.length);
    const isNew = !this.#kept.has(key);
    if (isNew && this.isFull) {
      this.#leaveOut({ key, count: 1 });
      return false;
    }
    const { rules, listener } = this.#subscription;
    const reason = reasonToIgnore(rules, record);
    switch (reason) {
      case undefined:
        if (this.#snapshot !== undefined) this.#keep(key, this.#snapshot.put(key, record.value));
        else {
          this.#keep(key, record.value.length);
          listener.onPut(key, record.value);
        }
        break;
      case 'no-lease':
        // Nothing holds the record that was known before: its lease no longer has the key.
        if (!isNew && this.#snapshot === undefined) listener.onDelete(key);
        this.#keep(key, 0);
        this.#ignore({ key, count: 1, why: 'it has no lease' });
        break;
      case 'too-large': {
        // The last one that was usable stays.
        if (isNew) this.#keep(key, 0);
        const why = `it has ${record.value.length} bytes, more than ${rules.valueBytes}`;
        this.#ignore({ key, count: 1, why });
        break;
      }
      default:
        reason satisfies never;
    }
    return true;
  }

  delete(fullKey: string): void {
    const key = fullKey.slice(this.prefix.length);
    if (!this.#kept.has(key)) return;
    this.#keep(key, 0);
    this.#kept.delete(key);
    this.#subscription.listener.onDelete(key);
  }

  #isBeyond(share: number): boolean {
    const { records, keptBytes } = this.#subscription.rules;
    return this.#kept.size >= share * records || this.#keptBytes >= share * keptBytes;
  }

  #keep(key: string, bytes: number): void {
    this.#keptBytes += bytes - (this.#kept.get(key) ?? 0);
    this.#kept.set(key, bytes);
  }

  #leaveOut(what: Pick<IgnoredRecords, 'key' | 'count'>): void {
    this.#isComplete = false;
    const { records, keptBytes } = this.#subscription.rules;
    const why = `there are ${this.#kept.size} others with ${this.#keptBytes} bytes; at most ${records} with ${keptBytes} are used`;
    this.#ignore({ ...what, why });
  }

  #ignore(what: Omit<IgnoredRecords, 'prefix'>): void {
    this.#report({ prefix: this.prefix, ...what });
  }
}
