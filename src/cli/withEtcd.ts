import type { Config } from '../config/schema.ts';
import { BatonError } from '../errors.ts';
import type { EtcdClient } from '../etcd/client.ts';

/**
 * Gives a command access to the pool's records; keys are relative to the pool.
 *
 * @throws BatonError `store-unreachable`, or the one that `use` throws
 */
export async function withEtcd<T>(
  { etcd, pool }: Pick<Config, 'etcd' | 'pool'>,
  use: (client: EtcdClient) => Promise<T>,
): Promise<T> {
  const { connect } = await import('../etcd/client.ts');
  const client = connect(etcd, `${etcd.prefix}/${pool.name}/`);
  try {
    return await use(client);
  } catch (cause) {
    if (cause instanceof BatonError) throw cause;
    const message = `etcd ${etcd.endpoints.join(', ')} does not answer`;
    throw new BatonError('store-unreachable', message, { cause });
  } finally {
    client.close();
  }
}
