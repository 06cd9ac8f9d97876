import type { RecordListener } from '../etcd/records.ts';
import { type Phase, takesTraffic } from '../phase.ts';
import { stateCodecs } from '../proto/stateCodecs.ts';

/** What an instance tells the others of itself. */
export interface InstanceRecord {
  readonly id: string;
  /** Free text, for people. */
  readonly release: string;
  /** Orders releases; the higher one is the newer one. */
  readonly generation: number;
  /** undefined when a newer release has a phase this one does not know. */
  readonly phase: Phase | undefined;
  /** Where it takes ext_proc streams, `host:port`. */
  readonly addresses: readonly string[];
  readonly zone: string;
  readonly startedUnixMs: number;
  /** None of its endpoints is ready, so others do better. */
  readonly withoutEndpoints: boolean;
  /** Grows by each change of this record, so that its writer knows which of them its watch shows. */
  readonly sequence: number;
}

/** phase → its name in `baton.state.v1.Phase` */
const phaseNames = {
  starting: 'PHASE_STARTING',
  ready: 'PHASE_READY',
  standby: 'PHASE_STANDBY',
  draining: 'PHASE_DRAINING',
  stopped: 'PHASE_STOPPED',
} as const satisfies Record<Phase, string>;

const phasesByName = new Map<string, Phase>(
  Object.entries(phaseNames).map(([phase, name]) => [name, phase as Phase]),
);

export function encodeInstance(instance: InstanceRecord): Uint8Array {
  const { phase, startedUnixMs, withoutEndpoints, addresses, ...same } = instance;
  return stateCodecs.instance.encode({
    ...same,
    addresses: [...addresses],
    phase: phase === undefined ? 'PHASE_UNSPECIFIED' : phaseNames[phase],
    started_unix_ms: startedUnixMs,
    without_endpoints: withoutEndpoints,
  });
}

/** @throws Error when the bytes are not such a record */
export function decodeInstance(id: string, value: Uint8Array): InstanceRecord {
  const record = stateCodecs.instance.decode(value);
  const { release, generation, addresses, zone, sequence } = record;
  return {
    id,
    release,
    generation,
    phase: phasesByName.get(record.phase),
    addresses,
    zone,
    startedUnixMs: record.started_unix_ms,
    withoutEndpoints: record.without_endpoints,
    sequence,
  };
}

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
