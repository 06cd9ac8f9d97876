import { isDeepStrictEqual } from 'node:util';
import { until } from '../../tools/testbed/until.ts';
import { leaseTtlSeconds, type SoakMember } from './soakEnvironment.ts';

export interface OwnLease {
  readonly isHeld: boolean;
  /** Leases granted after the first one. */
  readonly regrants: number;
}

/** By instance. */
export type LeasesByName = Readonly<Record<string, OwnLease>>;

export async function leasesOf(members: readonly SoakMember[]): Promise<LeasesByName> {
  const entries = members.map(async ({ baton }) => {
    const { leaseHeld: isHeld, regrants } = (await baton.state()).store;
    return [baton.name, { isHeld, regrants }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Waits until every lease was held for as long as it lives: what a fault before has cost is over.
 */
export async function leasesAreSettled(members: readonly SoakMember[]): Promise<LeasesByName> {
  let leases = await leasesOf(members);
  let sinceMs = performance.now();
  const areSettled = async (): Promise<boolean> => {
    const now = await leasesOf(members);
    const areSame = Object.values(now).every(({ isHeld }) => isHeld) && isDeepStrictEqual(now, leases);
    if (!areSame) sinceMs = performance.now();
    leases = now;
    return performance.now() - sinceMs > leaseTtlSeconds * 1_000;
  };
  await until(areSettled, { what: 'all leases to be held', timeoutMs: 60_000, intervalMs: 200 });
  return leases;
}
