import { EtcdLeaseInvalidError } from 'etcd3';
import type { EtcdClient } from './client.ts';
import { keepAlive } from './keepAlive.ts';
import { OrderedWrites } from './orderedWrites.ts';
import type { RecordChange } from './records.ts';

/** A lease that is kept alive until it is lost, revoked or abandoned. */
export interface HeldLease {
  /** As etcd returns it with each record. */
  readonly id: string;
  /** Makes these changes as `OrderedWrites` does; records that are put vanish with the lease. */
  change(changes: readonly RecordChange[]): Promise<void>;
  /** Rejects when the lease is lost; never resolves. */
  readonly lost: Promise<never>;
  /** Ends the lease at once, and with it all its records. */
  revoke(): Promise<void>;
  /** Stops keeping it alive, without a request to etcd. */
  abandon(): void;
}

/**
 * Grants a lease and keeps it alive. It is lost when etcd reports it, or when etcd has not
 * confirmed it for a whole TTL: a process that was paused, or cut off, notices by its own clock in
 * the first turn of its event loop.
 *
 * @throws etcd3's error when etcd does not grant it in time
 */
export async function holdLease(client: EtcdClient, ttlSeconds: number): Promise<HeldLease> {
  // The TTL of a slow grant counts from its request: etcd may have started it then.
  const grantedAtMs = performance.now();
  const { ID: id } = await client.members.request<{ ID: string }>('Lease', 'leaseGrant', { TTL: ttlSeconds });

  const stop = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (cause: unknown): void => ended.reject(new Error('etcd ended the lease', { cause }));
  const kept = keepAlive(client.members, { id, ttlMs: ttlSeconds * 1000, grantedAtMs }, stop.signal);
  const lost = Promise.race([ended.promise, kept]);
  // Callers await `lost`, possibly after it has rejected.
  lost.catch(() => {});
  const writes = new OrderedWrites(client.keys, id);
  const orEnd = async (write: Promise<unknown>): Promise<void> => {
    try {
      await write;
    } catch (cause) {
      if (cause instanceof EtcdLeaseInvalidError) end(cause);
      throw cause;
    }
  };

  return {
    id,
    change: (changes) => orEnd(writes.write(changes)),
    lost,
    revoke: async () => {
      stop.abort();
      try {
        await client.members.request('Lease', 'leaseRevoke', { ID: id });
      } catch (error) {
        // It ended before.
        if (!(error instanceof EtcdLeaseInvalidError)) throw error;
      }
    },
    abandon: () => stop.abort(),
  };
}
