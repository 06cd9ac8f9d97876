import type { IRangeResponse } from 'etcd3';
import type { EtcdClient } from './client.ts';
import { keysOf, usableName } from './rangeSnapshot.ts';

/** More names are of no use to a person. */
const mostNames = 1_000;

/**
 * The first parts of all keys, up to their first slash, in order; without the keys that cannot be
 * Baton's. One request for each name, however many keys begin with it.
 *
 * @throws etcd3's error when etcd does not answer in time
 */
export async function readNames(client: EtcdClient): Promise<readonly string[]> {
  const names = new Set<string>();
  const { prefix } = client.keys;
  const { key, range_end } = keysOf(client, { prefix: '' });
  let from = key;
  while (names.size < mostNames) {
    const options = { keys_only: true, limit: 1 };
    const page = await client.members.request<IRangeResponse>('KV', 'range', {
      key: from,
      range_end,
      ...options,
    });
    const [first] = page.kvs;
    if (first === undefined) break;
    const slash = first.key.indexOf('/', prefix.length);
    const end = slash < 0 ? first.key.length : slash;
    const name = usableName(first.key.subarray(0, end), prefix.length);
    if (name !== undefined) names.add(name);
    // The next key that does not begin with this name and a slash.
    from = Buffer.concat([first.key.subarray(0, end), Buffer.from(slash < 0 ? '\0' : '0')]);
  }
  return [...names].sort();
}
