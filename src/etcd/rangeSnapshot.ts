import { Range } from 'etcd3';
import type { EtcdClient } from './client.ts';

/** What is stored under a prefix, all as of one revision. */
export interface RangeSnapshot {
  readonly revision: number;
  readonly records: ReadonlyMap<string, StoredRecord>;
}

export interface StoredRecord {
  /** When it was written last. */
  readonly revision: number;
  /** `0` when it lives under none. */
  readonly leaseId: string;
  /** Empty when only the keys were asked for. */
  readonly value: Uint8Array;
}

export interface RangeOptions {
  /** Relative to the client's own prefix; keys are answered relative to that as well. Default: everything. */
  readonly prefix?: string;
  /** The values stay where they are, which makes it cheap however large the records. */
  readonly keysOnly?: boolean;
  /** As of this revision; default: now. */
  readonly revision?: number;
}

/**
 * Reads what is stored, whatever any watch has shown.
 *
 * @throws etcd3's error when etcd does not answer in time, or the revision is compacted away
 */
export async function readRange(
  client: EtcdClient,
  { prefix = '', keysOnly = false, revision = 0 }: RangeOptions,
): Promise<RangeSnapshot> {
  const own = client.keys.prefix.toString();
  const range = Range.prefix(own + prefix);
  const answer = await client.keys.kv.range({
    key: range.start,
    range_end: range.end,
    keys_only: keysOnly,
    revision,
  });
  const records = new Map<string, StoredRecord>();
  for (const { key, mod_revision, lease, value } of answer.kvs) {
    records.set(key.toString().slice(own.length), { revision: Number(mod_revision), leaseId: lease, value });
  }
  return { revision: revision || Number(answer.header.revision), records };
}
