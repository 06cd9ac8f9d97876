/**
 * What is known of one pod's cache, in a form that instances exchange: keys with the time of their
 * last use. The time is the pod's token clock: how many tokens it has computed for the whole fleet.
 *
 * Of all times of a key the latest counts, and so of the clock. Merging is therefore commutative
 * and idempotent: entries may come late, twice, or in another order.
 */
export interface PodEntries {
  readonly clockTokens: number;
  /** Entries with an earlier stamp count no more, since the pod lost its cache. At least 1. */
  readonly firstStamp: number;
  readonly groups: readonly StampGroup[];
}

/** Keys whose last use was at the same time. */
export interface StampGroup {
  readonly stamp: number;
  readonly keys: Uint32Array;
}

/**
 * The unit of stamps, in tokens: fine enough for caches of some 100,000 tokens, and 32 bits of it
 * last a busy pod for the better part of a year.
 */
const tokensPerStamp = 256;
export const lastStamp = 0xffff_ffff;
/** Of a clock whose stamp fits. */
export const lastClockTokens = lastStamp * tokensPerStamp - 1;

/** At this time of the clock; at least 1. */
export function stampAt(clockTokens: number): number {
  return 1 + Math.floor(clockTokens / tokensPerStamp);
}

/** The earliest time of the clock with this stamp. */
export function clockAt(stamp: number): number {
  return (stamp - 1) * tokensPerStamp;
}

/** @param keysByStamp in any order; the latest comes first in the result */
export function groupsOf(keysByStamp: ReadonlyMap<number, readonly number[]>): StampGroup[] {
  return [...keysByStamp]
    .sort(([a], [b]) => b - a)
    .map(([stamp, keys]) => ({ stamp, keys: Uint32Array.from(keys) }));
}
