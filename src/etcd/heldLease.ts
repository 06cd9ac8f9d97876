import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease } from 'etcd3';
import type { EtcdClient } from './client.ts';

/** A lease that is kept alive until it is lost or let go. */
export interface HeldLease {
  /** As etcd tells it with each record. */
  readonly id: string;
  /** Writes a record that vanishes with the lease. */
  put(key: string, value: Uint8Array): Promise<void>;
  /** Rejects when the lease is lost; never resolves. */
  readonly lost: Promise<never>;
  /** Ends it at once, and with it all its records. */
  revoke(): Promise<void>;
  /** Stops keeping it alive, without a word to etcd. */
  abandon(): void;
}

/**
 * Grants a lease and keeps it alive every third of its time. It is lost when etcd says so, or when etcd has
 * not confirmed it for its whole time: a process that was asleep, or cut off, finds out by its own clock on
 * the first turn after it wakes.
 *
 * @throws etcd3's error when etcd does not grant it in time
 */
export async function holdLease(client: EtcdClient, ttlSeconds: number): Promise<HeldLease> {
  const lease = client.keys.lease(ttlSeconds, { autoKeepAlive: false });
  // A grant that was slow counts from its beginning: etcd's clock may have started then.
  const grantedAtMs = performance.now();
  const id = await lease.grant();

  const stop = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    lease.on('lost', (cause) => reject(new Error('etcd ended the lease', { cause })));
  });
  const lost = Promise.race([ended, keepAlive(lease, ttlSeconds * 1000, grantedAtMs, stop.signal)]);
  // Whoever races `lost` sees the rejection; nobody may be racing yet.
  lost.catch(() => {});

  return {
    id,
    put: async (key, value) => {
      await lease.put(key).value(Buffer.from(value));
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
