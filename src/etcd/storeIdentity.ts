import type { IRangeResponse, IResponseHeader } from 'etcd3';
import type { EtcdClient } from './client.ts';

/**
 * Recognises an etcd that was restored from a backup: another cluster, or one whose revision or
 * term is behind what this client has seen. A watch would wait there for revisions that come
 * again with other content.
 */
export class StoreIdentity {
  readonly #client: EtcdClient;
  #clusterId: string | undefined;
  #term = 0;

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  /**
   * @param header of a new watch
   * @param revision the last one that was delivered
   * @throws Error when it is not the store that the records were read from
   */
  async verify(header: IResponseHeader, revision: number): Promise<void> {
    if (this.#isBehind(header, revision)) {
      // A member may be late, as may its term. What a majority agrees on is not.
      const { members, keys } = this.#client;
      const now = await members.request<IRangeResponse>('KV', 'range', {
        key: keys.prefix,
        limit: 1,
        keys_only: true,
      });
      if (this.#isBehind(now.header, revision)) {
        throw new Error('etcd was restored: it is behind the records that were read from it');
      }
    }
    this.#clusterId = header.cluster_id;
    this.#term = Math.max(this.#term, Number(header.raft_term));
  }

  #isBehind(header: IResponseHeader, revision: number): boolean {
    const { cluster_id, raft_term, revision: current } = header;
    return (
      (this.#clusterId !== undefined && cluster_id !== this.#clusterId) ||
      Number(raft_term) < this.#term ||
      Number(current) < revision
    );
  }
}
