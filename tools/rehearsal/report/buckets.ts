import type { Timeline } from '../timeline.ts';

/** A timeline in a limited number of equal parts, so that its chart is legible and small. Pure. */
export interface Bucket {
  readonly fromMs: number;
  readonly toMs: number;
  /** Complete responses per second. */
  readonly perSecond: number;
  readonly failed: number;
  readonly cut: number;
  /** Mean local requests in flight of each instance; 0 while it does not answer. */
  readonly local: readonly number[];
  /** The oldest view of each instance; null where it has none. */
  readonly viewAgeMs: readonly (number | null)[];
}

const minBucketMs = 1000;

export function buckets({ atMs, load, instances }: Timeline, most = 240): Bucket[] {
  const endMs = atMs.at(-1);
  if (endMs === undefined) return [];
  const startMs = atMs[0] as number;
  const widthMs = Math.max(minBucketMs, (endMs - startMs) / most);
  const result: Bucket[] = [];
  let first = 0;
  while (first < atMs.length - 1) {
    const fromMs = atMs[first] as number;
    // Counted from its first sample, not on a grid: after a late sample a bucket would be too short
    // for a rate.
    const end = fromMs + widthMs;
    // The last sample of a bucket is the first of the next: counts are differences between them.
    let last = first + 1;
    while (last < atMs.length - 1 && (atMs[last] as number) < end) last++;
    // A remainder too short for a rate is added to the last bucket.
    if (endMs - (atMs[last] as number) < widthMs / 2) last = atMs.length - 1;
    const toMs = atMs[last] as number;
    const increase = (totals: readonly number[]) => (totals[last] as number) - (totals[first] as number);
    const within = <T>(column: readonly T[]) => column.slice(first + 1, last + 1);
    result.push({
      fromMs,
      toMs,
      perSecond: toMs > fromMs ? (increase(load.ok) * 1000) / (toMs - fromMs) : 0,
      failed: increase(load.failed),
      cut: increase(load.cut),
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
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
