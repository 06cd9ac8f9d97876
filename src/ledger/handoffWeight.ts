/**
 * The weight of a handoff of this age: 1 at first, falling linearly to 0 at the end of its time.
 */
export function handoffWeight(ageMs: number, ttlMs: number): number {
  return ttlMs > 0 ? Math.min(1, Math.max(0, 1 - ageMs / ttlMs)) : 0;
}
