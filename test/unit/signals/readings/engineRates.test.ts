import type { PodReading } from '../../../../src/proto/records/podReading.ts';
import { EngineRates } from '../../../../src/signals/readings/engineRates.ts';

const pod = '10.0.0.1:8000';
const unknown = { cacheHitRate: null, firstTokenMs: null };

let nowMs: number;
let last: PodReading | undefined;
let rates: EngineRates;
beforeEach(() => {
  nowMs = 0;
  last = undefined;
  rates = new EngineRates();
});

function read(counters: Partial<PodReading>, afterMs = 1_000): void {
  nowMs += afterMs;
  const reading = { engine: 'vllm', ...counters };
  rates.onReading(pod, reading, last, nowMs);
  last = reading;
}

describe('what a pod did lately', () => {
  it('is not known before its second reading', () => {
    read({ cacheQueries: 900, cacheHits: 300, firstTokens: 9, firstTokenSeconds: 3 });
    expect(rates.of(pod)).toEqual(unknown);
  });

  it('is the difference of two readings', () => {
    read({ cacheQueries: 900, cacheHits: 900, firstTokens: 9, firstTokenSeconds: 90 });
    read({ cacheQueries: 1_900, cacheHits: 1_150, firstTokens: 19, firstTokenSeconds: 92 });
    expect(rates.of(pod)).toEqual({ cacheHitRate: 0.25, firstTokenMs: 200 });
  });

  it('forgets within minutes what was before', () => {
    read({ cacheQueries: 0, cacheHits: 0, firstTokens: 0, firstTokenSeconds: 0 });
    read({ cacheQueries: 1_000, cacheHits: 0, firstTokens: 100, firstTokenSeconds: 100 });
    read({ cacheQueries: 2_000, cacheHits: 1_000, firstTokens: 200, firstTokenSeconds: 110 }, 600_000);
    expect(rates.of(pod).cacheHitRate).toBeGreaterThan(0.999);
    expect(rates.of(pod).firstTokenMs).toBeCloseTo(100, 0);
  });

  it('is not known when nothing was done for long', () => {
    read({ cacheQueries: 0, cacheHits: 0, firstTokens: 0, firstTokenSeconds: 0 });
    const counters = { cacheQueries: 1_000, cacheHits: 500, firstTokens: 10, firstTokenSeconds: 2 };
    read(counters);
    expect(rates.of(pod)).not.toEqual(unknown);
    read(counters, 1_000_000);
    expect(rates.of(pod)).toEqual(unknown);
  });

  it('is what its engine counts: the one without the other', () => {
    read({ firstTokens: 0, firstTokenSeconds: 0 });
    read({ firstTokens: 2, firstTokenSeconds: 1 });
    expect(rates.of(pod)).toEqual({ cacheHitRate: null, firstTokenMs: 500 });
  });

  it('begins again when the engine has restarted', () => {
    read({ promptTokens: 5_000, cacheQueries: 5_000, cacheHits: 10 });
    read({ promptTokens: 9_000, cacheQueries: 9_000, cacheHits: 20 });
    read({ promptTokens: 100, cacheQueries: 100, cacheHits: 0 });
    expect(rates.of(pod)).toEqual(unknown);
  });

  it('is not changed by an earlier answer that arrives later', () => {
    read({ cacheQueries: 1_000, cacheHits: 100 });
    read({ cacheQueries: 2_000, cacheHits: 600 });
    read({ cacheQueries: 1_990, cacheHits: 590 }, 0);
    expect(rates.of(pod)).toEqual({ cacheHitRate: 0.5, firstTokenMs: null });
  });

  it('is forgotten with a pod that left the pool', () => {
    read({ firstTokens: 0, firstTokenSeconds: 0 });
    read({ firstTokens: 2, firstTokenSeconds: 1 });
    rates.keep(new Set());
    expect(rates.of(pod)).toEqual(unknown);
  });
});
