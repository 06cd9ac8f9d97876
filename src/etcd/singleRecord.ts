import type { RecordListener } from './records.ts';

export interface SingleRecordOptions<T> {
  /** @throws Error when the bytes are not such a record */
  readonly decode: (value: Uint8Array) => T;
  /** Called when the record has changed; undefined: it was deleted. */
  readonly onChange: (record: T | undefined) => void;
  readonly onUnreadable: (cause: unknown) => void;
}

/**
 * Follows one record; the prefix of its subscription is the record's whole key. An unreadable
 * version changes nothing: the last readable one stays in force, as it does while etcd is
 * unreachable.
 */
export class SingleRecord<T> implements RecordListener {
  readonly #options: SingleRecordOptions<T>;
  #value: Uint8Array | undefined;
  #record: T | undefined;

  constructor(options: SingleRecordOptions<T>) {
    this.#options = options;
  }

  get record(): T | undefined {
    return this.#record;
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    const value = records.get('');
    if (value === undefined) this.#remove();
    else this.onPut('', value);
  }

  onPut(key: string, value: Uint8Array): void {
    // A longer key is another record. Each join delivers the record again, changed or not.
    if (key !== '' || (this.#value !== undefined && Buffer.compare(value, this.#value) === 0)) return;
    this.#value = value;
    let record: T;
    try {
      record = this.#options.decode(value);
    } catch (cause) {
      this.#options.onUnreadable(cause);
      return;
    }
    this.#record = record;
    this.#options.onChange(record);
  }

  onDelete(key: string): void {
    if (key === '') this.#remove();
  }

  #remove(): void {
    if (this.#value === undefined) return;
    this.#value = undefined;
    this.#record = undefined;
    this.#options.onChange(undefined);
  }
}
