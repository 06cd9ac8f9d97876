import { collectSnapshot, type RecordListener, type RecordSnapshot } from '../etcd/records.ts';
import { takesTraffic } from '../phase.ts';
import { decodeInstance, type InstanceRecord } from '../proto/records/instanceRecord.ts';

export interface InstanceRecordsOptions {
  readonly onUnreadable: (key: string, cause: unknown) => void;
  /** An instance appeared; not called again for its changes. */
  readonly onAdded?: () => void;
  /** The record of an instance is gone, or counts no more. */
  readonly onDeleted?: (id: string) => void;
  /** A record was added, changed or deleted; not called for a snapshot. */
  readonly onChange?: () => void;
}

/** The records under `instances/`: all live instances, this one included. */
export class InstanceRecords implements RecordListener {
  #known = new Map<string, InstanceRecord>();
  readonly #notServing = new Set<string>();
  readonly #options: InstanceRecordsOptions;

  constructor(options: InstanceRecordsOptions) {
    this.#options = options;
  }

  get known(): ReadonlyMap<string, InstanceRecord> {
    return this.#known;
  }

  /** Instances whose phase takes no new traffic. Kept as a set, because each decision reads it. */
  get notServing(): ReadonlySet<string> {
    return this.#notServing;
  }

  /** How many take new traffic; one whose phase only a newer release knows is taken to. */
  get serving(): number {
    return this.#known.size - this.#notServing.size;
  }

  beginSnapshot(): RecordSnapshot {
    return collectSnapshot((records) => {
      this.#known = new Map();
      this.#notServing.clear();
      for (const [id, value] of records) this.#put(id, value);
    });
  }

  onPut(id: string, value: Uint8Array): void {
    this.#put(id, value);
    this.#options.onChange?.();
  }

  onDelete(id: string): void {
    this.#known.delete(id);
    this.#notServing.delete(id);
    this.#options.onDeleted?.(id);
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
    if (phase === undefined || takesTraffic(phase)) this.#notServing.delete(id);
    else this.#notServing.add(id);
    if (isNew) this.#options.onAdded?.();
  }
}
