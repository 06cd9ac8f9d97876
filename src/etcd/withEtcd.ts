import { BatonError } from '../errors.ts';
import type { EtcdClient, EtcdOptions } from './client.ts';

/** Which pool, in which etcd. */
export interface PoolInEtcd {
  readonly etcd: EtcdOptions & { readonly prefix: string };
  readonly pool: { readonly name: string };
}

/**
 * Gives an operator's command access to the pool's records, on a connection of its own; keys are
 * relative to the pool.
 *
 * @throws BatonError `store-unreachable` or `store-refused`; any other error that `use` throws
 */
export async function withEtcd<T>(
  { etcd, pool }: PoolInEtcd,
  use: (client: EtcdClient) => Promise<T>,
): Promise<T> {
  const [{ connect }, { storeFailureOf }] = await Promise.all([
    import('./client.ts'),
    import('./storeFailure.ts'),
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
