import { buckets } from '../../../../tools/rehearsal/report/buckets.ts';
import { sampleReport } from './sampleReport.ts';

const { timeline } = sampleReport;

describe('when a timeline is divided into buckets', () => {
  it('covers the whole time without gaps', () => {
    const parts = buckets(timeline);
    expect(parts).toHaveLength(8);
    expect(parts[0]?.fromMs).toBe(0);
    expect(parts.at(-1)?.toMs).toBe(8000);
    for (const [nth, part] of parts.entries()) if (nth > 0) expect(part.fromMs).toBe(parts[nth - 1]?.toMs);
  });

  it('has rates of totals and means of counts', () => {
    const parts = buckets(timeline);
    for (const { perSecond } of parts) expect(perSecond).toBeCloseTo(10);
    expect(parts[0]?.local).toEqual([6, 4]);
    expect(parts.at(-1)?.local).toEqual([6, 0]);
  });

  it('keeps the oldest view', () => {
    expect(buckets(timeline).map(({ viewAgeMs }) => viewAgeMs[0])).toEqual([2, 40, 2, 2, 2, 2, 2, 2]);
  });

  it.each([1, 3, 8])('loses no failure in %d buckets', (most) => {
    const failed = timeline.atMs.map((ms) => (ms >= 8000 ? 3 : ms > 0 ? 1 : 0));
    const parts = buckets({ ...timeline, load: { ...timeline.load, failed } }, most);
    expect(parts.length).toBeLessThanOrEqual(most);
    expect(parts.reduce((sum, part) => sum + part.failed, 0)).toBe(3);
  });

  it('has no shorter bucket after a late sample', () => {
    const isMissed = (ms: number) => ms > 1750 && ms < 2750;
    const atMs = timeline.atMs.map((ms) => (isMissed(ms) ? 2700 : ms));
    for (const { fromMs, toMs } of buckets({ ...timeline, atMs })) {
      expect(toMs - fromMs).toBeGreaterThanOrEqual(750);
    }
  });

  it('has no bucket of its own for a short remainder', () => {
    const ok = [...timeline.load.ok, 90];
    const late = { ...timeline, atMs: [...timeline.atMs, 8005], load: { ...timeline.load, ok } };
    expect(buckets(late).at(-1)?.perSecond).toBeLessThan(25);
  });

  it.each([0, 1])('is empty for %d samples', (count) => {
    expect(buckets({ ...timeline, atMs: timeline.atMs.slice(0, count) })).toEqual([]);
  });
});
