import type { Config } from '../config/schema.ts';
import { BatonError } from '../errors.ts';
import type { EtcdClient } from '../etcd/client.ts';

/**
 * Gives a command access to the pool's records; keys are relative to the pool.
 *
 * @throws BatonError `store-unreachable` or `store-refused`; any other error that `use` throws
 */
export async function withEtcd<T>(
  { etcd, pool }: Pick<Config, 'etcd' | 'pool'>,
  use: (client: EtcdClient) => Promise<T>,
): Promise<T> {
  const [{ connect }, { storeFailureOf }] = await Promise.all([
    import('../etcd/client.ts'),
    import('../etcd/storeFailure.ts'),
  ]);
  const client = connect(etcd, `${etcd.prefix}/${pool.name}/`);
  try {
    return await use(client);
  } catch (cause) {
    const failure = storeFailureOf(cause);
    if (failure === undefined) throw cause;
    const effect = failure === 'unreachable' ? 'does not answer' : 'refused the request';
    const message = `etcd ${etcd.endpoints.join(', ')} ${effect}`;
    throw new BatonError(`store-${failure}`, message, { cause });
  } finally {
    client.close();
  }
}
