import type { EtcdClient } from './client.ts';

export interface DetachedRecord {
  readonly key: string;
  readonly value: Uint8Array;
  /** It lives under a lease of its own, which nobody keeps alive. */
  readonly ttlSeconds: number;
  /** A record that it takes the place of, */
  readonly replaces: string;
  /** and all records whose keys begin so, which are there only while that one is. */
  readonly replacesAllUnder: string;
}

/**
 * Writes a record that outlives this process and takes others away, in one step: whoever follows the store
 * sees both or neither, so that nothing is counted twice and nothing is missing in between.
 *
 * @throws etcd3's error when etcd does not take it in time
 */
export async function putDetachedRecord(
  client: EtcdClient,
  { key, value, ttlSeconds, replaces: insteadOf, replacesAllUnder: insteadOfAll }: DetachedRecord,
): Promise<void> {
  const lease = client.keys.lease(ttlSeconds, { autoKeepAlive: false });
  await lease.grant();
  const put = lease.put(key).value(Buffer.from(value));
  await client.keys
    .if(insteadOf, 'Version', '>', 0)
    .then(put, client.keys.delete().key(insteadOf), client.keys.delete().prefix(insteadOfAll))
    // The other records are gone already, because their lease has run out.
    .else(put)
    .commit();
  // Here only: etcd keeps the lease until its time is over.
  lease.release();
}
