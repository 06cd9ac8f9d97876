import { EtcdLeaseInvalidError } from 'etcd3';
import type { EtcdClient } from './client.ts';
import { confirmLease } from './keepAlive.ts';

export interface LastingRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** A confirmation is asked of another member after a sixth of this. */
const confirmTimeoutMs = 5_000;

/**
 * A lease that no end of this process revokes, and no lost membership: its records stay for its TTL
 * after the last confirmation. Records under it are written without an order, so they must be such
 * that a late write harms nothing.
 */
export class LastingLease {
  readonly #ttlSeconds: number;
  #granted: { readonly id: string; readonly confirmedAtMs: number } | undefined;

  constructor(ttlSeconds: number) {
    this.#ttlSeconds = ttlSeconds;
  }

  /**
   * Writes these records in one transaction.
   *
   * @throws etcd3's error when etcd does not answer in time
   */
  async put(client: EtcdClient, records: readonly LastingRecord[]): Promise<void> {
    const id = this.#granted?.id ?? (await this.#grant(client));
    const success = records.map(({ key, value }) => ({
      request_put: { key: Buffer.concat([client.keys.prefix, Buffer.from(key)]), value, lease: id },
    }));
    try {
      await client.members.request('KV', 'txn', { success });
    } catch (cause) {
      if (cause instanceof EtcdLeaseInvalidError) this.#granted = undefined;
      throw cause;
    }
  }

  /**
   * Confirms the lease when a third of its TTL is over. To be called more often.
   *
   * @throws etcd3's error when no member confirms it
   */
  async renew(client: EtcdClient, signal: AbortSignal): Promise<void> {
    if (this.#granted === undefined) return;
    const { id, confirmedAtMs } = this.#granted;
    const startedAtMs = performance.now();
    if (startedAtMs - confirmedAtMs < (this.#ttlSeconds * 1000) / 3) return;
    try {
      await confirmLease(client.members, { id, ttlMs: confirmTimeoutMs }, confirmTimeoutMs, signal);
      this.#granted = { id, confirmedAtMs: startedAtMs };
    } catch (cause) {
      if (cause instanceof EtcdLeaseInvalidError) this.#granted = undefined;
      throw cause;
    }
  }

  async #grant(client: EtcdClient): Promise<string> {
    const confirmedAtMs = performance.now();
    const { ID: id } = await client.members.request<{ ID: string }>('Lease', 'leaseGrant', {
      TTL: this.#ttlSeconds,
    });
    this.#granted = { id, confirmedAtMs };
    return id;
  }
}
