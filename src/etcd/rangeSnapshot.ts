import { Range } from 'etcd3';
import type { EtcdClient } from './client.ts';

/** The records under a prefix, as of one revision. */
export interface RangeSnapshot {
  readonly revision: number;
  readonly records: ReadonlyMap<string, StoredRecord>;
}

export interface StoredRecord {
  /** Of its last write. */
  readonly revision: number;
  /** `0`: it lives under no lease. */
  readonly leaseId: string;
  /** Empty with `keysOnly`. */
  readonly value: Uint8Array;
}

export interface RangeOptions {
  /** Relative to the client's prefix, like the keys of the result. Default: all records. */
  readonly prefix?: string;
  /** Leave out the values, which keeps the request cheap whatever their size. */
  readonly keysOnly?: boolean;
  /** As of this revision; default: now. */
  readonly revision?: number;
}

/**
 * Reads what is stored, independent of any watch.
 *
 * @throws etcd3's error when etcd does not answer in time, or the revision is compacted away
 */
export async function readRange(
  client: EtcdClient,
  { prefix = '', keysOnly = false, revision = 0 }: RangeOptions,
): Promise<RangeSnapshot> {
  const clientPrefix = client.keys.prefix.toString();
  const range = Range.prefix(clientPrefix + prefix);
  const response = await client.keys.kv.range({
    key: range.start,
    range_end: range.end,
    keys_only: keysOnly,
    revision,
  });
  const records = new Map<string, StoredRecord>();
  for (const { key, mod_revision, lease, value } of response.kvs) {
    records.set(key.toString().slice(clientPrefix.length), {
      revision: Number(mod_revision),
      leaseId: lease,
      value,
    });
  }
  return { revision: revision || Number(response.header.revision), records };
}
