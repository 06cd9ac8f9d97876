/** What is stored under one key. */
export interface StoredRecord {
  /** Of its last write. */
  readonly revision: number;
  /** `0`: it lives under no lease. */
  readonly leaseId: string;
  /** Empty where only keys were read. */
  readonly value: Uint8Array;
}

/** Receives the records under one prefix of the store. Keys are relative to that prefix. */
export interface RecordListener {
  /** All records under the prefix, as of one revision, come next. */
  beginSnapshot(): RecordSnapshot;
  onPut(key: string, value: Uint8Array): void;
  onDelete(key: string): void;
}

/**
 * The records of one snapshot, one by one. The event loop runs in between, so they take effect at
 * the end: `finish` replaces everything known before. A snapshot that is not finished has no
 * effect.
 */
export interface RecordSnapshot {
  /** @returns how many bytes of memory it keeps of the record, roughly */
  put(key: string, value: Uint8Array): number;
  finish(): void;
}

/** What a part of the process listens to. It is handed to the session when that starts. */
export interface RecordSubscription {
  readonly prefix: string;
  /** True: the record whose key is `prefix`, which its listener knows as `''`. */
  readonly isOneKey?: boolean;
  readonly rules: RecordRules;
  readonly listener: RecordListener;
}

/**
 * Which records under a prefix are used. Others may write there by mistake or on purpose, and
 * neither the number nor the size of what they write may stop this process.
 */
export interface RecordRules {
  /** A record without a lease is ignored: nothing removes it when its writer is gone. */
  readonly mustHaveLease: boolean;
  /** A larger value is ignored. */
  readonly valueBytes: number;
  /** Beyond so many records, others are ignored … */
  readonly records: number;
  /** … as they are while so many bytes are kept. */
  readonly keptBytes: number;
}

/** Records that are not used. */
export interface IgnoredRecords {
  /** Of the subscription. */
  readonly prefix: string;
  /** Relative to the prefix; undefined: several keys. */
  readonly key?: string;
  readonly count: number;
  /** For people. */
  readonly why: string;
}

/** A record of this process that lives under its lease. The session writes it at each join. */
export interface LeasedRecord {
  readonly key: string;
  /** Called at each write. */
  readonly encode: () => Uint8Array;
}

/** A change of this process's records. */
export type RecordChange =
  | { readonly kind: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: string }
  /** Deletes every record whose key begins with `prefix`. The same step must put none of them. */
  | { readonly kind: 'delete all'; readonly prefix: string };

/** For a listener of few records, which takes them all at once. */
export function collectSnapshot(use: (records: ReadonlyMap<string, Uint8Array>) => void): RecordSnapshot {
  const records = new Map<string, Uint8Array>();
  return {
    put: (key, value) => {
      records.set(key, value);
      return value.length;
    },
    finish: () => use(records),
  };
}

/** Why the rules exclude this record by itself; undefined: they do not. */
export function reasonToIgnore(
  { mustHaveLease, valueBytes }: RecordRules,
  { leaseId, value }: Pick<StoredRecord, 'leaseId' | 'value'>,
): 'no-lease' | 'too-large' | undefined {
  if (mustHaveLease && leaseId === '0') return 'no-lease';
  return value.length > valueBytes ? 'too-large' : undefined;
}
