import type { StampedKeys, StampedKeys__Output } from '../generated/state/baton/state/v1/StampedKeys.ts';
import { stateCodecs } from '../stateCodecs.ts';
import { judgeAddress, judgeDate, judgeList, judgeNumber } from './fields.ts';

/** What is known of the cache of one pod: PodEntries in src/prefix. */
export interface PrefixEntries {
  readonly clockTokens: number;
  readonly firstStamp: number;
  readonly groups: readonly { readonly stamp: number; readonly keys: Uint32Array }[];
}

export interface PodPlacementRecord {
  readonly address: string;
  readonly computedTokens: number;
  readonly entries: PrefixEntries;
}

/** What an instance sent to pods since its last record. */
export interface PrefixLogRecord {
  readonly hashingScheme: number;
  readonly startedUnixMs: number;
  readonly pods: readonly PodPlacementRecord[];
}

/** What is known of one pod's cache. */
export interface PodPrefixesRecord {
  readonly hashingScheme: number;
  readonly entries: PrefixEntries;
}

const tokensPerStamp = 256;
/** The last one whose stamp has 32 bits (src/prefix/podEntries.ts). */
const mostClockTokens = (2 ** 32 - 1) * tokensPerStamp - 1;
const keyBytes = 4;
/** Many times what an instance writes; the number of bytes is bounded already. */
const mostPods = 20_000;
const mostGroups = 65_536;

export function encodePrefixLog({ hashingScheme, startedUnixMs, pods }: PrefixLogRecord): Uint8Array {
  return stateCodecs.prefixLog.encode({
    hashing_scheme: hashingScheme,
    started_unix_ms: startedUnixMs,
    pods: pods.map(({ address, computedTokens, entries }) => ({
      address,
      computed_tokens: computedTokens,
      ...fieldsOf(entries),
    })),
  });
}

/** @throws Error when the bytes are not such a record, or a field of it is absurd */
export function decodePrefixLog(value: Uint8Array): PrefixLogRecord {
  const { hashing_scheme, started_unix_ms, pods } = stateCodecs.prefixLog.decode(value);
  return {
    hashingScheme: hashing_scheme,
    startedUnixMs: judgeDate('started_unix_ms', started_unix_ms),
    pods: judgeList('pods', pods, mostPods).map((pod) => ({
      address: judgeAddress('address', pod.address),
      computedTokens: judgeNumber('computed_tokens', pod.computed_tokens),
      entries: entriesOf(pod),
    })),
  };
}

export function encodePodPrefixes({ hashingScheme, entries }: PodPrefixesRecord): Uint8Array {
  return stateCodecs.podPrefixes.encode({ hashing_scheme: hashingScheme, ...fieldsOf(entries) });
}

/** @throws Error when the bytes are not such a record, or a field of it is absurd */
export function decodePodPrefixes(value: Uint8Array): PodPrefixesRecord {
  const record = stateCodecs.podPrefixes.decode(value);
  return { hashingScheme: record.hashing_scheme, entries: entriesOf(record) };
}

interface Fields {
  clock_tokens: number;
  first_stamp: number;
  groups: StampedKeys[];
}

function fieldsOf({ clockTokens, firstStamp, groups }: PrefixEntries): Fields {
  return {
    clock_tokens: clockTokens,
    first_stamp: firstStamp,
    groups: groups.map(({ stamp, keys }) => ({ stamp, keys: bytesOf(keys) })),
  };
}

function entriesOf({
  clock_tokens,
  first_stamp,
  groups,
}: Omit<Fields, 'groups'> & { groups: StampedKeys__Output[] }): PrefixEntries {
  const clockTokens = judgeNumber('clock_tokens', clock_tokens, mostClockTokens);
  const newestStamp = 1 + Math.floor(clockTokens / tokensPerStamp);
  return {
    clockTokens,
    firstStamp: Math.max(1, judgeNumber('first_stamp', first_stamp, newestStamp)),
    groups: judgeList('groups', groups, mostGroups).map(({ stamp, keys }) => ({
      stamp: judgeNumber('stamp', stamp, newestStamp),
      keys: keysOf(keys),
    })),
  };
}

function bytesOf(keys: Uint32Array): Buffer {
  const bytes = Buffer.allocUnsafe(keyBytes * keys.length);
  keys.forEach((key, index) => {
    bytes.writeUInt32LE(key, keyBytes * index);
  });
  return bytes;
}

function keysOf(bytes: Uint8Array): Uint32Array {
  if (bytes.length % keyBytes !== 0) throw new Error(`keys has ${bytes.length} bytes, no multiple of 4`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / keyBytes }, (_, index) =>
    view.getUint32(keyBytes * index, true),
  );
}
