import type { EtcdClient } from '../etcd/client.ts';
import { readRange } from '../etcd/rangeSnapshot.ts';
import { parseAddress } from '../hostPort.ts';
import type { RegisteredEndpoint__Output } from '../proto/generated/state/baton/state/v1/RegisteredEndpoint.ts';
import { type DynamicConfigRecord, decodeDynamicConfig } from '../proto/records/dynamicConfigRecord.ts';
import { judgeId } from '../proto/records/fields.ts';
import { decodeHandoff, type Handoff } from '../proto/records/handoff.ts';
import { decodeInstance, type InstanceRecord } from '../proto/records/instanceRecord.ts';
import { decodePinnedGeneration, type PinnedGeneration } from '../proto/records/pinnedGeneration.ts';
import { decodePodSignals } from '../proto/records/podSignals.ts';
import { recordKeys } from '../proto/records/recordKeys.ts';
import { stateCodecs } from '../proto/stateCodecs.ts';
import { LoadList } from './loadRecord.ts';
import { reporterOf } from './loadReports.ts';

export type PoolRecordKind = keyof typeof recordKeys;

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
  readonly pinnedGeneration: PinnedGeneration | undefined;
  readonly dynamicConfig: DynamicConfigRecord | undefined;
  readonly unreadable: readonly UnreadablePoolRecord[];
}

export interface UnreadablePoolRecord {
  readonly kind: PoolRecordKind;
  /** What follows the prefix of its kind. */
  readonly name: string;
}

/** @throws etcd3's error when etcd does not answer in time */
export async function readPoolRecords(client: EtcdClient): Promise<PoolRecords> {
  const { records } = await readRange(client, {});
  return decodePoolRecords(new Map([...records].map(([key, { value }]) => [key, value])));
}

/** @param records by key relative to the pool; keys of no known kind are ignored */
export function decodePoolRecords(records: ReadonlyMap<string, Uint8Array>): PoolRecords {
  const instances = new Map<string, InstanceRecord>();
  const loadReports = new Map<string, Map<string, number>>();
  const handoffs = new Map<string, Handoff>();
  const endpoints = new Map<string, RegisteredEndpoint__Output | undefined>();
  const unreadable: UnreadablePoolRecord[] = [];
  const loads = new LoadList();
  let pinnedGeneration: PinnedGeneration | undefined;
  let dynamicConfig: DynamicConfigRecord | undefined;

  const decode = (kind: PoolRecordKind, name: string, value: Uint8Array): void => {
    switch (kind) {
      case 'instances':
        instances.set(name, decodeInstance(name, value));
        break;
      case 'load':
        addLoads(loadReports, judgeId('the id in the key', reporterOf(name)), loads.read(value));
        break;
      case 'handoffs':
        judgeId('the id in the key', reporterOf(name));
        handoffs.set(name, decodeHandoff(value));
        break;
      case 'endpoints':
        if (!isEndpointKey(name)) throw new Error('the key is no address');
        endpoints.set(name, undefined);
        endpoints.set(name, stateCodecs.registeredEndpoint.decode(value));
        break;
      case 'signals':
        judgeId('the id in the key', name);
        decodePodSignals(value);
        break;
      case 'pinnedGeneration':
        pinnedGeneration = decodePinnedGeneration(value);
        break;
      case 'dynamicConfig':
        dynamicConfig = decodeDynamicConfig(value);
        break;
      default:
        kind satisfies never;
    }
  };
  for (const [key, value] of records) {
    const place = placeOf(key);
    if (place === undefined) continue;
    try {
      decode(place.kind, place.name, value);
    } catch {
      unreadable.push(place);
    }
  }
  return { instances, loadReports, handoffs, endpoints, pinnedGeneration, dynamicConfig, unreadable };
}

/** How many records of these kinds are unreadable. */
export function countUnreadable({ unreadable }: PoolRecords, kinds: readonly PoolRecordKind[]): number {
  return unreadable.filter(({ kind }) => kinds.includes(kind)).length;
}

/** An address as the pool writes it: in another form it would be a second key of the same pod. */
function isEndpointKey(name: string): boolean {
  const parsed = parseAddress(name);
  return parsed.kind === 'ip' && parsed.address === name;
}

const kindsAndKeys = Object.entries(recordKeys) as [PoolRecordKind, string][];

function placeOf(key: string): UnreadablePoolRecord | undefined {
  for (const [kind, prefix] of kindsAndKeys) {
    if (prefix.endsWith('/') ? key.startsWith(prefix) : key === prefix) {
      return { kind, name: key.slice(prefix.length) };
    }
  }
  return undefined;
}

function addLoads(loadReports: Map<string, Map<string, number>>, reporter: string, loads: LoadList): void {
  const counts = loadReports.get(reporter) ?? new Map<string, number>();
  loadReports.set(reporter, counts);
  for (let i = 0; i < loads.length; i += 1) {
    const address = loads.address(i);
    counts.set(address, (counts.get(address) ?? 0) + loads.inFlight(i));
  }
}
