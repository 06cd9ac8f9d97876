import type { EtcdClient } from '../etcd/client.ts';
import { readSnapshot } from '../etcd/readSnapshot.ts';
import { RecordRouter } from '../etcd/recordRouter.ts';
import { reasonToIgnore, type StoredRecord } from '../etcd/records.ts';
import { parseAddress } from '../hostPort.ts';
import type { RegisteredEndpoint__Output } from '../proto/generated/state/baton/state/v1/RegisteredEndpoint.ts';
import { type DynamicConfigRecord, decodeDynamicConfig } from '../proto/records/dynamicConfigRecord.ts';
import { judgeAddress, judgeId } from '../proto/records/fields.ts';
import { decodeHandoff, type Handoff } from '../proto/records/handoff.ts';
import { decodeInstance, type InstanceRecord } from '../proto/records/instanceRecord.ts';
import { decodePinnedGeneration, type PinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { decodeReading, type StoredReading } from '../proto/records/podReading.ts';
import { decodePodSignals, type PodSignal } from '../proto/records/podSignals.ts';
import {
  isOneKey,
  namesPod,
  type RecordKind,
  recordKeys,
  recordKindOf,
  recordKinds,
} from '../proto/records/recordKeys.ts';
import { recordRules, subscriptionTo } from '../proto/records/recordRules.ts';
import { stateCodecs } from '../proto/stateCodecs.ts';
import { reporterOf } from './knownRecords.ts';
import { LoadList } from './loadRecord.ts';

/**
 * Everything that one pool has in etcd, decoded. The status report, `baton upgrade` and the
 * consistency check are projections of it.
 */
export interface PoolRecords {
  /** By id. */
  readonly instances: ReadonlyMap<string, InstanceRecord>;
  /** Requests in flight by address, by reporter; the sum of all chunks. */
  readonly loadReports: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** By what follows `handoffs/`. */
  readonly handoffs: ReadonlyMap<string, Handoff>;
  /**
   * By address; undefined: the record is unreadable, but its key says that the pod is registered.
   */
  readonly endpoints: ReadonlyMap<string, RegisteredEndpoint__Output | undefined>;
  /** What instances hold of pods by their responses: by address, by id. */
  readonly signals: ReadonlyMap<string, ReadonlyMap<string, PodSignal>>;
  /** What pods say of themselves, by address. */
  readonly readings: ReadonlyMap<string, StoredReading>;
  readonly pinnedGeneration: PinnedGeneration | undefined;
  readonly dynamicConfig: DynamicConfigRecord | undefined;
  readonly unreadable: readonly UnreadablePoolRecord[];
  /** How many records of a kind are not used by its rules. */
  readonly ignored: ReadonlyMap<RecordKind, number>;
}

export interface UnreadablePoolRecord {
  readonly kind: RecordKind;
  /** What follows the key of its kind. */
  readonly name: string;
}

/** @throws etcd3's error when etcd does not answer in time */
export async function readPoolRecords(client: EtcdClient): Promise<PoolRecords> {
  const pool = new DecodedRecords();
  const records = recordKinds.filter(isShown).map((kind) => {
    const put = (name: string, value: Uint8Array): number => {
      pool.add({ kind, name }, value);
      return value.length;
    };
    const listener = { beginSnapshot: () => ({ put, finish() {} }), onPut() {}, onDelete() {} };
    return subscriptionTo(kind, listener);
  });
  const router = new RecordRouter({
    records,
    onSynced() {},
    onWatch() {},
    onIgnored: ({ prefix, count }) => pool.ignore(prefix, count),
  });
  await readSnapshot(client, router, () => true);
  return pool;
}

/** @param records by key relative to the pool; keys of no known kind are left out */
export function decodePoolRecords(records: ReadonlyMap<string, Uint8Array>): PoolRecords {
  const pool = new DecodedRecords();
  for (const [key, value] of records) {
    const place = placeOf(key);
    if (place !== undefined) pool.add(place, value);
  }
  return pool;
}

/**
 * The value of a record as an instance takes it: undefined where it ignores the record, no bytes
 * where it keeps the last value that was not too large.
 */
export function usableValue(key: string, record: StoredRecord): Uint8Array | undefined {
  const place = placeOf(key);
  const reason = place && reasonToIgnore(recordRules[place.kind], record);
  if (reason === 'no-lease') return undefined;
  return reason === 'too-large' ? new Uint8Array() : record.value;
}

/** How many records of these kinds are unreadable or ignored. */
export function countUnreadable({ unreadable, ignored }: PoolRecords, kinds: readonly RecordKind[]): number {
  const skipped = kinds.reduce((sum, kind) => sum + (ignored.get(kind) ?? 0), 0);
  return skipped + unreadable.filter(({ kind }) => kinds.includes(kind)).length;
}

class DecodedRecords implements PoolRecords {
  readonly instances = new Map<string, InstanceRecord>();
  readonly loadReports = new Map<string, Map<string, number>>();
  readonly handoffs = new Map<string, Handoff>();
  readonly endpoints = new Map<string, RegisteredEndpoint__Output | undefined>();
  readonly signals = new Map<string, ReadonlyMap<string, PodSignal>>();
  readonly readings = new Map<string, StoredReading>();
  pinnedGeneration: PinnedGeneration | undefined;
  dynamicConfig: DynamicConfigRecord | undefined;
  readonly unreadable: UnreadablePoolRecord[] = [];
  readonly ignored = new Map<RecordKind, number>();
  readonly #loads = new LoadList();

  add(place: UnreadablePoolRecord, value: Uint8Array): void {
    try {
      this.#decode(place, value);
    } catch {
      this.unreadable.push(place);
    }
  }

  ignore(prefix: string, count: number): void {
    const kind = recordKindOf(prefix);
    if (kind !== undefined) this.ignored.set(kind, (this.ignored.get(kind) ?? 0) + count);
  }

  #decode({ kind, name }: UnreadablePoolRecord, value: Uint8Array): void {
    switch (kind) {
      case 'instances':
        this.instances.set(name, decodeInstance(name, value));
        break;
      case 'load':
        this.#addLoads(judgeId('the id in the key', reporterOf(name)), this.#loads.read(value));
        break;
      case 'handoffs':
        judgeId('the id in the key', reporterOf(name));
        this.handoffs.set(name, decodeHandoff(value));
        break;
      case 'endpoints':
        if (!isEndpointKey(name)) throw new Error('the key is no address');
        this.endpoints.set(name, undefined);
        this.endpoints.set(name, stateCodecs.registeredEndpoint.decode(value));
        break;
      case 'signals':
        if (namesPod(name))
          this.readings.set(judgeAddress('the address in the key', name), decodeReading(value));
        else this.signals.set(judgeId('the id in the key', name), decodePodSignals(value));
        break;
      case 'prefixLog':
      case 'podPrefixes':
        break;
      case 'pinnedGeneration':
        this.pinnedGeneration = decodePinnedGeneration(value);
        break;
      case 'dynamicConfig':
        this.dynamicConfig = decodeDynamicConfig(value);
        break;
      default:
        kind satisfies never;
    }
  }

  #addLoads(reporter: string, loads: LoadList): void {
    const counts = this.loadReports.get(reporter) ?? new Map<string, number>();
    this.loadReports.set(reporter, counts);
    loads.addTo(counts);
  }
}

/** What pods have in their caches is megabytes that no report shows. */
function isShown(kind: RecordKind): boolean {
  return kind !== 'prefixLog' && kind !== 'podPrefixes';
}

/** An address as the pool writes it: in another form it would be a second key of the same pod. */
function isEndpointKey(name: string): boolean {
  const parsed = parseAddress(name);
  return parsed.kind === 'ip' && parsed.address === name;
}

function placeOf(key: string): UnreadablePoolRecord | undefined {
  for (const kind of recordKinds) {
    const prefix = recordKeys[kind];
    if (isOneKey(kind) ? key === prefix : key.startsWith(prefix)) {
      return { kind, name: key.slice(prefix.length) };
    }
  }
  return undefined;
}
