/** Where each kind of record is, relative to the pool's prefix in etcd. */
export const recordKeys = {
  /** + id */
  instances: 'instances/',
  /** + id of the reporter [+ `/` + chunk] */
  load: 'load/',
  /** + id + `/` + start of the instance that handed off */
  handoffs: 'handoffs/',
  /** + address */
  endpoints: 'endpoints/',
  /** + id, or + address (`namesPod`) */
  signals: 'signals/',
  /** + id + `/` + number in its ring */
  prefixLog: 'prefix/log/',
  /** + address */
  podPrefixes: 'prefix/pods/',
  /** The whole key. */
  pinnedGeneration: 'target',
  /** The whole key. */
  dynamicConfig: 'config',
} as const;

export type RecordKind = keyof typeof recordKeys;

export const recordKinds = Object.keys(recordKeys) as readonly RecordKind[];

/** undefined: no kind has this key. */
export function recordKindOf(key: string): RecordKind | undefined {
  return recordKinds.find((kind) => recordKeys[kind] === key);
}

/** A kind has one record, or one for each name below its key. */
export function isOneKey(kind: RecordKind): boolean {
  return !recordKeys[kind].endsWith('/');
}

/**
 * What follows `signals/` is the address of a pod, or the id of an instance, which has no colon.
 */
export function namesPod(name: string): boolean {
  return name.includes(':');
}

/** A record of this kind is not used. The key is relative to that of its kind. */
export type OnRecordSkipped = (kind: RecordKind, key: string, cause: unknown) => void;
