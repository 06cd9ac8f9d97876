/** A sign is what chance gives less often. A little more than 1/10,000, for rounding. */
const byChance = 1.0001e-4;
const mostShare = 0.5;

/**
 * Whether so many in a row are a sign.
 *
 * @param share how often each of them happens where nothing is wrong
 * @param leastShare what the share is at least: how many samples it is known by
 */
export function isBeyondChance(inRow: number, share: number, leastShare: number): boolean {
  return Math.min(mostShare, Math.max(leastShare, share)) ** inRow <= byChance;
}
