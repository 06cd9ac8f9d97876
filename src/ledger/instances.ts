import type { RecordListener } from '../etcd/records.ts';
import { takesTraffic } from '../phase.ts';
import { decodeInstance, type InstanceRecord } from '../proto/records/instanceRecord.ts';

export interface InstanceRecordsOptions {
  readonly onUnreadable: (key: string, cause: unknown) => void;
  /** One more is known. */
  readonly onCame?: () => void;
  /** A record came, changed or went; not called for a snapshot. */
  readonly onChange?: () => void;
}

/** The records under `instances/`: everybody who lives, this instance included. */
export class InstanceRecords implements RecordListener {
  #known = new Map<string, InstanceRecord>();
  readonly #aside = new Set<string>();
  readonly #options: InstanceRecordsOptions;

  constructor(options: InstanceRecordsOptions) {
    this.#options = options;
  }

  get known(): ReadonlyMap<string, InstanceRecord> {
    return this.#known;
  }

  /** Those that say of themselves that they take no new requests: kept, because each decision asks. */
  get notServing(): ReadonlySet<string> {
    return this.#aside;
  }

  onSnapshot(records: ReadonlyMap<string, Uint8Array>): void {
    this.#known = new Map();
    this.#aside.clear();
    for (const [id, value] of records) this.#put(id, value);
  }

  onPut(id: string, value: Uint8Array): void {
    this.#put(id, value);
    this.#options.onChange?.();
  }

  onDelete(id: string): void {
    this.#known.delete(id);
    this.#aside.delete(id);
    this.#options.onChange?.();
  }

  #put(id: string, value: Uint8Array): void {
    const isNew = !this.#known.has(id);
    let instance: InstanceRecord;
    try {
      instance = decodeInstance(id, value);
    } catch (cause) {
      this.#options.onUnreadable(id, cause);
      return;
    }
    this.#known.set(id, instance);
    const { phase } = instance;
    if (phase === undefined || takesTraffic(phase)) this.#aside.delete(id);
    else this.#aside.add(id);
    if (isNew) this.#options.onCame?.();
  }
}
