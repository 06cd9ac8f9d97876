import type { CallOptions } from '@grpc/grpc-js';
import { Namespace } from 'etcd3';
import type { ServiceName } from './memberConnection.ts';
import { MemberPool, type MemberPoolOptions } from './memberPool.ts';

/**
 * Where etcd is, and the credentials for it. Endpoints are `http://host:port` or
 * `https://host:port`, all of one cluster and all of one scheme.
 */
export type EtcdOptions = MemberPoolOptions;

/** A connected client whose keys are all under one prefix. */
export interface EtcdClient {
  readonly keys: Namespace;
  readonly members: MemberPool;
  close(): void;
}

/**
 * Opens a client. Nothing is sent before the first request.
 *
 * @param prefix such as `/baton/v1/default/`; keys are passed and returned without it
 */
export function connect(options: EtcdOptions, prefix: string): EtcdClient {
  const members = new MemberPool(options);
  return { keys: new PooledNamespace(members, prefix), members, close: () => members.close() };
}

/** The builders of etcd3 on our own connections. */
class PooledNamespace extends Namespace {
  constructor(pool: MemberPool, prefix: string) {
    const callable = {
      callOptionsFactory: undefined,
      exec: (service: ServiceName, method: string, params: unknown, options?: CallOptions) =>
        pool.request(service, method, params, limitsOf(options)),
      withConnection: async (service: ServiceName, use: (call: object) => unknown) => {
        const { client, metadata } = await pool.client(service);
        return use({ resource: undefined, client, metadata });
      },
      markFailed() {},
    };
    super(Buffer.from(prefix), callable as never, { hosts: [] });
  }
}

function limitsOf({ deadline }: CallOptions = {}): { timeoutMs?: number } {
  return deadline === undefined ? {} : { timeoutMs: Number(deadline) - Date.now() };
}
