import type { EtcdClient } from './client.ts';

export interface DetachedRecord {
  readonly key: string;
  readonly value: Uint8Array;
  /** It lives under a lease of its own, which no process keeps alive. */
  readonly ttlSeconds: number;
  /** Is deleted in the same transaction. */
  readonly replaces: string;
  /** So are all records whose keys begin like this. They exist only while `replaces` does. */
  readonly replacesAllUnder: string;
}

/**
 * Writes a record that outlives this process and deletes those that it replaces, in one
 * transaction: a watch sees both or neither, so that nothing is counted twice and nothing is
 * missed.
 *
 * @throws etcd3's error when etcd does not answer in time
 */
export async function putDetachedRecord(
  client: EtcdClient,
  { key, value, ttlSeconds, replaces, replacesAllUnder }: DetachedRecord,
): Promise<void> {
  const { ID } = await client.members.request<{ ID: string }>('Lease', 'leaseGrant', { TTL: ttlSeconds });
  const put = client.keys.put(key).value(Buffer.from(value)).lease(ID);
  await client.keys
    .if(replaces, 'Version', '>', 0)
    .then(put, client.keys.delete().key(replaces), client.keys.delete().prefix(replacesAllUnder))
    // The replaced records are gone already: their lease has expired.
    .else(put)
    .commit();
}
