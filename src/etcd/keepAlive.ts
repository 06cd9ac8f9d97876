import { setTimeout as sleep } from 'node:timers/promises';
import { castGrpcError, EtcdLeaseInvalidError } from 'etcd3';
import { JudgingTimer } from '../judgingTimer.ts';
import { hedge } from './hedge.ts';
import type { Member } from './member.ts';
import type { MemberPool } from './memberPool.ts';

export interface KeptLease {
  readonly id: string;
  readonly ttlMs: number;
  /** When the grant was requested. */
  readonly grantedAtMs: number;
}

interface KeepAliveResponse {
  readonly ID: string;
  /** `0`: the lease does not exist. */
  readonly TTL: string;
}

/**
 * The second member is tried beside the first when that has not answered after the first of these
 * parts of a TTL, and then one member after the other. A member that answered nothing is tried
 * again: it forwards what it receives to the leader, and waits for one that has just died.
 */
const hedgeParts = { first: 1 / 6, next: 1 / 12 };
const attemptsAtOnce = 8;

/**
 * Keeps a lease alive until the signal aborts: a third of the TTL after its last confirmation it
 * is confirmed by the first member that responds. No single member, dead, frozen or slow, costs
 * more than a sixth of the TTL.
 *
 * @throws Error when the lease is lost: etcd reports it, or no member has confirmed it for a TTL
 */
export async function keepAlive(pool: MemberPool, lease: KeptLease, signal: AbortSignal): Promise<never> {
  const { ttlMs } = lease;
  let confirmedAtMs = lease.grantedAtMs;
  let problem: unknown;
  while (true) {
    await sleep(Math.max(0, confirmedAtMs + ttlMs / 3 - performance.now()), undefined, { signal });
    let startedAtMs = performance.now();
    const endMs = confirmedAtMs + ttlMs;
    // A pause of this process may have outlived the lease.
    while (startedAtMs < endMs) {
      try {
        await confirmLease(pool, lease, endMs - startedAtMs, signal);
        confirmedAtMs = startedAtMs;
        break;
      } catch (cause) {
        signal.throwIfAborted();
        if (cause instanceof EtcdLeaseInvalidError) throw cause;
        problem = cause;
      }
      await sleep(ttlMs / 20, undefined, { signal });
      startedAtMs = performance.now();
    }
    if (startedAtMs >= endMs)
      throw new Error(`etcd has not confirmed the lease for ${ttlMs} ms`, { cause: problem });
  }
}

/**
 * Confirms a lease once, by the first member that responds.
 *
 * @throws EtcdLeaseInvalidError when etcd does not have the lease; or the last member's error
 */
export async function confirmLease(
  pool: MemberPool,
  { id, ttlMs }: Pick<KeptLease, 'id' | 'ttlMs'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { followed, ranked } = pool;
  const members = followed === undefined ? ranked : [followed, ...ranked.filter((one) => one !== followed)];
  const delayMs = ttlMs * hedgeParts.first;
  const end = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)))]);
  const attempts = Array.from({ length: attemptsAtOnce }, (_, nth) => {
    const member = members[nth % members.length] as Member;
    return (aborted: AbortSignal) => confirmAt(member, id, { delayMs, timeoutMs, aborted });
  });
  const { TTL } = await hedge(attempts, {
    delayMs: (nth) => (nth === 1 ? delayMs : ttlMs * hedgeParts.next),
    eager: members.length,
    signal: end,
  });
  if (Number(TTL) === 0) throw new EtcdLeaseInvalidError(id);
}

async function confirmAt(
  member: Member,
  id: string,
  { delayMs, timeoutMs, aborted }: { delayMs: number; timeoutMs: number; aborted: AbortSignal },
): Promise<KeepAliveResponse> {
  const startedAtMs = performance.now();
  const { stream, connection } = await member.duplex<{ ID: string }, KeepAliveResponse>(
    'Lease',
    'leaseKeepAlive',
    { timeoutMs, signal: aborted },
  );
  const { promise, resolve, reject } = Promise.withResolvers<KeepAliveResponse>();
  stream.on('data', resolve);
  stream.on('error', (error: Error) => reject(castGrpcError(error)));
  stream.on('end', () => reject(new Error('etcd ended the stream of the lease')));
  let isOverdue = false;
  // A little before the next attempt starts, which may succeed within a millisecond.
  const overdue = new JudgingTimer(0.9 * delayMs, () => {
    isOverdue = true;
  });
  const end = (): void => {
    const isSilent = isOverdue && member.answeredAtMs < startedAtMs;
    // Another member has answered meanwhile: the events of this one are late as well.
    if (aborted.aborted && isSilent) member.failed(connection);
    reject(aborted.reason ?? connection.closed.reason);
  };
  aborted.addEventListener('abort', end, { once: true });
  connection.closed.addEventListener('abort', end, { once: true });
  try {
    stream.write({ ID: id });
    const response = await promise;
    member.answered(performance.now() - startedAtMs);
    return response;
  } catch (error) {
    if (!aborted.aborted) member.onError(error, connection, startedAtMs);
    throw error;
  } finally {
    overdue.cancel();
    aborted.removeEventListener('abort', end);
    connection.closed.removeEventListener('abort', end);
    stream.cancel();
  }
}
