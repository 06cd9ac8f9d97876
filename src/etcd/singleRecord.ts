import { collectSnapshot, type RecordListener, type RecordSnapshot } from './records.ts';

export interface SingleRecordOptions<T> {
  /** @throws Error when the bytes are not such a record */
  readonly decode: (value: Uint8Array) => T;
  /** Called when the record has changed; undefined: it was deleted. */
  readonly onChange: (record: T | undefined) => void;
  readonly onUnreadable: (cause: unknown) => void;
}

/**
 * Follows the one record of a subscription to one key. An unreadable version changes nothing: the
 * last readable one stays in force, as it does while etcd is unreachable.
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

  beginSnapshot(): RecordSnapshot {
    return collectSnapshot((records) => {
      const value = records.get('');
      if (value === undefined) this.onDelete();
      else this.onPut('', value);
    });
  }

  onPut(_key: string, value: Uint8Array): void {
    // Each join delivers the record again, changed or not.
    if (this.#value !== undefined && Buffer.compare(value, this.#value) === 0) return;
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

  onDelete(): void {
    if (this.#value === undefined) return;
    this.#value = undefined;
    this.#record = undefined;
    this.#options.onChange(undefined);
  }
}
