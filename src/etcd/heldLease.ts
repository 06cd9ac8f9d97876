import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { EtcdLeaseInvalidError, type IRequestOp, type Lease } from 'etcd3';
import type { EtcdClient } from './client.ts';
import type { RecordChange } from './records.ts';

/** A lease that is kept alive until it is lost, revoked or abandoned. */
export interface HeldLease {
  /** As etcd returns it with each record. */
  readonly id: string;
  /** Writes a record that vanishes with the lease. */
  put(key: string, value: Uint8Array): Promise<void>;
  /** Makes all these changes in one transaction: one revision, one write to etcd's log. */
  change(changes: readonly RecordChange[]): Promise<void>;
  /** Rejects when the lease is lost; never resolves. */
  readonly lost: Promise<never>;
  /** Ends the lease at once, and with it all its records. */
  revoke(): Promise<void>;
  /** Stops keeping it alive, without a request to etcd. */
  abandon(): void;
}

/**
 * Grants a lease and keeps it alive every third of its TTL. The lease is lost when etcd reports it,
 * or when etcd has not confirmed it for a whole TTL: a process that was paused, or cut off, notices
 * by its own clock in the first turn of its event loop.
 *
 * @throws etcd3's error when etcd does not grant it in time
 */
export async function holdLease(client: EtcdClient, ttlSeconds: number): Promise<HeldLease> {
  const lease = client.keys.lease(ttlSeconds, { autoKeepAlive: false });
  // The TTL of a slow grant counts from its request: etcd may have started it then.
  const grantedAtMs = performance.now();
  const id = await lease.grant();

  const stop = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (cause: unknown): void => ended.reject(new Error('etcd ended the lease', { cause }));
  lease.on('lost', end);
  const lost = Promise.race([ended.promise, keepAlive(lease, ttlSeconds * 1000, grantedAtMs, stop.signal)]);
  // Callers await `lost`, possibly after it has rejected.
  lost.catch(() => {});

  return {
    id,
    put: async (key, value) => {
      await lease.put(key).value(Buffer.from(value));
    },
    change: async (changes) => {
      const success = await Promise.all(changes.map((change) => operation(client, lease, change)));
      try {
        await client.keys.kv.txn({ success });
      } catch (cause) {
        if (cause instanceof EtcdLeaseInvalidError) end(cause);
        throw cause;
      }
    },
    lost,
    revoke: async () => {
      stop.abort();
      await lease.revoke();
    },
    abandon: () => {
      stop.abort();
      lease.release();
    },
  };
}

function operation(client: EtcdClient, lease: Lease, change: RecordChange): Promise<IRequestOp> {
  switch (change.kind) {
    case 'put':
      return lease.put(change.key).value(Buffer.from(change.value)).op();
    case 'delete':
      return client.keys.delete().key(change.key).op();
    case 'delete all':
      return client.keys.delete().prefix(change.prefix).op();
    default:
      return change satisfies never;
  }
}

async function keepAlive(
  lease: Lease,
  ttlMs: number,
  grantedAtMs: number,
  signal: AbortSignal,
): Promise<never> {
  let confirmedAtMs = grantedAtMs;
  let problem: unknown;
  while (!signal.aborted) {
    await sleep(ttlMs / 3, undefined, { signal });
    const startedAtMs = performance.now();
    if (startedAtMs - confirmedAtMs >= ttlMs) break;
    try {
      await lease.keepaliveOnce({ deadline: Date.now() + ttlMs / 3 });
      confirmedAtMs = startedAtMs;
    } catch (cause) {
      problem = cause;
    }
  }
  throw new Error(`etcd has not confirmed the lease for ${ttlMs} ms`, { cause: problem });
}
