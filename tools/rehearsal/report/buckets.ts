import type { Timeline } from '../timeline.ts';

/** A timeline in at most so many equal parts, so that a picture of it stays legible and small. Pure. */
export interface Bucket {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whole answers a second. */
  readonly perSecond: number;
  readonly failed: number;
  readonly cut: number;
  /** Mean of each instance's own requests in flight; 0 while it does not answer. */
  readonly local: readonly number[];
  /** The oldest view of each instance; null where it told none. */
  readonly viewAgeMs: readonly (number | null)[];
}

const leastBucketMs = 1000;

export function buckets({ atMs, load, instances }: Timeline, most = 240): Bucket[] {
  const endMs = atMs.at(-1);
  if (endMs === undefined) return [];
  const startMs = atMs[0] as number;
  const widthMs = Math.max(leastBucketMs, (endMs - startMs) / most);
  const result: Bucket[] = [];
  let first = 0;
  while (first < atMs.length - 1) {
    const fromMs = atMs[first] as number;
    // From its own beginning, not on a grid: after a late sample a bucket would be too short to tell a rate.
    const end = fromMs + widthMs;
    // The last sample of a bucket is the first of the next: totals are differences between the two.
    let last = first + 1;
    while (last < atMs.length - 1 && (atMs[last] as number) < end) last++;
    // A rest too short to tell a rate of joins the bucket before it.
    if (endMs - (atMs[last] as number) < widthMs / 2) last = atMs.length - 1;
    const toMs = atMs[last] as number;
    const grown = (totals: readonly number[]) => (totals[last] as number) - (totals[first] as number);
    const within = <T>(column: readonly T[]) => column.slice(first + 1, last + 1);
    result.push({
      fromMs,
      toMs,
      perSecond: toMs > fromMs ? (grown(load.ok) * 1000) / (toMs - fromMs) : 0,
      failed: grown(load.failed),
      cut: grown(load.cut),
      local: instances.map(({ local }) => mean(within(local).map((count) => count ?? 0))),
      viewAgeMs: instances.map(({ viewAgeMs }) => largest(within(viewAgeMs))),
    });
    first = last;
  }
  return result;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function largest(values: readonly (number | null)[]): number | null {
  const told = values.filter((value) => value !== null);
  return told.length === 0 ? null : Math.max(...told);
}
