import { type IRangeResponse, Range } from 'etcd3';
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

/** A page has about so many bytes, so that neither etcd nor this event loop is held up by one. */
const pageBytes = 64 * 1024;
const firstPageRecords = 32;
const lastPageRecords = 1_000;

/**
 * Reads what is stored, independent of any watch, page by page at one revision. Each page has the
 * time of a request.
 *
 * @throws etcd3's error when etcd does not answer in time, or the revision is compacted away
 */
export async function readRange(
  client: EtcdClient,
  { prefix = '', keysOnly = false, revision = 0 }: RangeOptions,
): Promise<RangeSnapshot> {
  const { prefix: clientPrefix } = client.keys;
  const { start, end } = Range.prefix(Buffer.concat([clientPrefix, Buffer.from(prefix)]));
  const records = new Map<string, StoredRecord>();
  let [from, at, limit, more] = [start, revision, firstPageRecords, true];
  while (more) {
    const page = await client.members.request<IRangeResponse>('KV', 'range', {
      key: from,
      range_end: end,
      keys_only: keysOnly,
      revision: at,
      limit,
    });
    let bytes = 0;
    for (const { key, mod_revision, lease, value } of page.kvs) {
      bytes += key.length + value.length;
      const name = key.subarray(clientPrefix.length).toString();
      records.set(name, { revision: Number(mod_revision), leaseId: lease, value });
    }
    at ||= Number(page.header.revision);
    const last = page.kvs.at(-1);
    more = page.more && last !== undefined;
    // The next key after the last one.
    if (last !== undefined) from = Buffer.concat([last.key, Buffer.of(0)]);
    limit = Math.max(1, Math.min(lastPageRecords, Math.round((limit * pageBytes) / Math.max(1, bytes))));
  }
  return { revision: at, records };
}
