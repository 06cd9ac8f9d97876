import { GRPCDeadlineExceededError, GRPCResourceExhastedError, type IRangeResponse, Range } from 'etcd3';
import type { EtcdClient } from './client.ts';
import { isUsableKey } from './recordRange.ts';
import type { StoredRecord } from './records.ts';

/** The records of some ranges, as of one revision. */
export interface RangeSnapshot {
  readonly revision: number;
  readonly records: ReadonlyMap<string, StoredRecord>;
}

/** Keys are relative to the client's prefix. */
export interface KeyRange {
  readonly prefix: string;
  /** Only the key that is `prefix`. */
  readonly isOneKey?: boolean;
}

export interface RangeOptions {
  readonly ranges: readonly KeyRange[];
  /** Leave out the values, which keeps the request cheap whatever their size. */
  readonly keysOnly?: boolean;
  /** As of this revision; default: now. */
  readonly revision?: number;
}

export interface PageOptions extends Omit<RangeOptions, 'ranges'> {
  readonly range: KeyRange;
}

export interface Page {
  readonly revision: number;
  /** Without the keys that cannot be Baton's. */
  readonly records: readonly (readonly [key: string, record: StoredRecord])[];
  /** How many keys of the range follow. */
  readonly remaining: number;
}

/** A page has about so many bytes, so that neither etcd nor this event loop is held up by one. */
const pageBytes = 64 * 1024;
const firstPageRecords = 16;
const lastPageRecords = 1_000;
/** After a page that was too much, the next one has so many times fewer records. */
const shrink = 8;

/**
 * Reads what is stored, independent of any watch, page by page at one revision. Each page has the
 * time of a request; one that is too large for that is asked for in smaller parts.
 *
 * @throws etcd3's error when etcd does not answer in time, or the revision is compacted away
 */
export async function* readPages(
  client: EtcdClient,
  { range, keysOnly = false, revision = 0 }: PageOptions,
): AsyncGenerator<Page> {
  const { prefix: clientPrefix } = client.keys;
  const { key, range_end } = keysOf(client, range);
  let [from, at, limit] = [key, revision, firstPageRecords];
  while (true) {
    let page: IRangeResponse;
    try {
      const options = { keys_only: keysOnly, revision: at, limit };
      page = await client.members.request<IRangeResponse>('KV', 'range', {
        key: from,
        range_end,
        ...options,
      });
    } catch (error) {
      if (limit === 1 || !isTooMuch(error)) throw error;
      limit = Math.ceil(limit / shrink);
      continue;
    }
    at ||= Number(page.header.revision);
    const records: (readonly [string, StoredRecord])[] = [];
    let bytes = 0;
    for (const { key: storedKey, mod_revision, lease, value } of page.kvs) {
      bytes += storedKey.length + value.length;
      const name = usableName(storedKey, clientPrefix.length);
      if (name === undefined) continue;
      records.push([name, { revision: Number(mod_revision), leaseId: lease, value }]);
    }
    const remaining = Number(page.count) - page.kvs.length;
    yield { revision: at, records, remaining };
    const last = page.kvs.at(-1);
    if (!page.more || last === undefined) return;
    // The next key after the last one.
    from = Buffer.concat([last.key, Buffer.of(0)]);
    limit = Math.max(1, Math.min(lastPageRecords, Math.round((limit * pageBytes) / Math.max(1, bytes))));
  }
}

/**
 * Reads whole ranges at one revision.
 *
 * @throws what `readPages` throws
 */
export async function readRanges(
  client: EtcdClient,
  { ranges, keysOnly = false, revision = 0 }: RangeOptions,
): Promise<RangeSnapshot> {
  const records = new Map<string, StoredRecord>();
  let at = revision;
  for (const range of ranges) {
    for await (const page of readPages(client, { range, keysOnly, revision: at })) {
      at = page.revision;
      for (const [key, record] of page.records) records.set(key, record);
    }
  }
  return { revision: at, records };
}

/** As etcd's API has them: one key has no end. */
export function keysOf(
  { keys }: EtcdClient,
  { prefix, isOneKey = false }: KeyRange,
): { readonly key: Buffer; readonly range_end?: Buffer } {
  const whole = Buffer.concat([keys.prefix, Buffer.from(prefix)]);
  if (isOneKey) return { key: whole };
  const { start, end } = Range.prefix(whole);
  return { key: start, range_end: end };
}

/** The key below the prefix, as text; undefined: it is none of Baton's. */
export function usableName(key: Buffer, prefixBytes: number): string | undefined {
  // A key may have a megabyte, which need not become a text.
  const name = key.toString('utf8', prefixBytes, prefixBytes + 1024);
  return isUsableKey(name) ? name : undefined;
}

/** The page did not come in time, or is larger than a message may be. */
function isTooMuch(error: unknown): boolean {
  return error instanceof GRPCDeadlineExceededError || error instanceof GRPCResourceExhastedError;
}
