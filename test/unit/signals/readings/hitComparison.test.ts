import { hasRestarted } from '../../../../src/signals/readings/hasRestarted.ts';
import { HitComparison } from '../../../../src/signals/readings/hitComparison.ts';

const pod = '10.0.0.1:8000';
const counters = (queries: number, hits: number) => ({
  engine: 'vllm',
  cacheQueries: queries,
  cacheHits: hits,
});

describe('what a pod finds in its cache, against what was expected', () => {
  let nowMs = 0;
  let hits: HitComparison;
  beforeEach(() => {
    nowMs = 0;
    hits = new HitComparison(() => nowMs);
  });

  it('is the ratio of the shares, whatever others send there and however large a token is', () => {
    hits.expect(pod, 100_000, 50_000);
    hits.onCounters(pod, counters(1_000_000, 500_000), counters(1_300_000, 575_000));
    expect(hits.bias(pod)).toBeCloseTo(0.5, 6);
  });

  it('has bounds', () => {
    hits.expect(pod, 100_000, 50_000);
    hits.onCounters(pod, counters(0, 0), counters(100_000, 0));
    expect(hits.bias(pod)).toBe(0.25);
    hits.forget(pod);
    hits.expect(pod, 100_000, 10_000);
    hits.onCounters(pod, counters(0, 0), counters(100_000, 90_000));
    expect(hits.bias(pod)).toBe(2);
  });

  it('is not known by a few tokens, without hits, or without counters', () => {
    hits.expect(pod, 10_000, 5_000);
    hits.onCounters(pod, counters(0, 0), counters(10_000, 0));
    expect(hits.bias(pod)).toBe(1);
    hits.forget(pod);
    hits.expect(pod, 100_000, 100);
    hits.onCounters(pod, counters(0, 0), counters(100_000, 50_000));
    expect(hits.bias(pod)).toBe(1);
    hits.forget(pod);
    hits.expect(pod, 100_000, 50_000);
    hits.onCounters(pod, { engine: 'triton' }, { engine: 'triton' });
    hits.onCounters(pod, counters(500, 100), counters(0, 0));
    expect(hits.bias(pod)).toBe(1);
  });

  it('corrects the size of the cache slowly', () => {
    hits.expect(pod, 100_000, 50_000);
    hits.onCounters(pod, counters(0, 0), counters(100_000, 25_000));
    expect([hits.bias(pod), hits.correction(pod)]).toEqual([0.5, 1]);
    nowMs = 10_000;
    hits.onCounters(pod, counters(100_000, 25_000), counters(200_000, 50_000));
    hits.expect(pod, 100_000, 50_000);
    expect(hits.correction(pod)).toBeCloseTo(1 - 0.5 * (1 - Math.exp(-1 / 6)), 2);
  });

  it('forgets what is long ago', () => {
    hits.expect(pod, 100_000, 50_000);
    hits.onCounters(pod, counters(0, 0), counters(100_000, 0));
    nowMs = 1_800_000;
    hits.onCounters(pod, counters(100_000, 0), counters(100_001, 0));
    hits.expect(pod, 100_000, 50_000);
    hits.onCounters(pod, counters(0, 0), counters(100_000, 50_000));
    expect(hits.bias(pod)).toBeCloseTo(1, 1);
  });
});

describe('an engine', () => {
  const counted = { engine: 'vllm', promptTokens: 500, generatedTokens: 70 };
  const started = { ...counted, startedAtSeconds: 1_700_000_000 };

  it.each([
    ['a counter begins again', counted, { ...counted, promptTokens: 200 }, true],
    ['a counter is a little less', counted, { ...counted, promptTokens: 499 }, false],
    ['the counters grow', counted, { ...counted, promptTokens: 600 }, false],
    ['a counter is missing', counted, { engine: 'vllm', generatedTokens: 80 }, false],
    ['the process started later', started, { ...started, startedAtSeconds: 1_700_000_009 }, true],
    ['the process is the same', started, { ...started, promptTokens: 100 }, false],
    ['the name is another', started, { ...started, engine: 'sglang' }, true],
  ])('of which %s', (_what, before, now, expected) => {
    expect(hasRestarted(before, now)).toBe(expected);
  });
});
