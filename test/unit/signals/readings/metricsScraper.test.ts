import { MetricsScraper } from '../../../../src/signals/readings/metricsScraper.ts';
import type { MetricsAnswer } from '../../../../src/signals/readings/requestMetrics.ts';
import { ManualClock } from '../../../support/manualClock.ts';

const idle: MetricsAnswer = { kind: 'reading', reading: { engine: 'vllm', running: 1, waiting: 0 } };
const failed: MetricsAnswer = { kind: 'failed', failure: 'unreachable' };

let clock: ManualClock;
let asked: { readonly address: string; readonly atMs: number }[];
let answer: MetricsAnswer;
let holds: (() => void)[] | undefined;
let isBusy: boolean;
let scraper: MetricsScraper;
beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  isBusy = false;
  answer = idle;
  holds = undefined;
  scraper = new MetricsScraper({
    clock,
    isBusy: () => isBusy,
    random: () => 0.5,
    onAnswer: () => {},
    ask: async (address) => {
      asked.push({ address, atMs: clock.nowMs() });
      if (holds !== undefined) await new Promise<void>((resolve) => holds?.push(resolve));
      return answer;
    },
  });
});
afterEach(async () => {
  for (const release of holds ?? []) release();
  await scraper.stop();
  expect(clock.pendingTimers).toBe(0);
});

/** Answers come between the steps. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50);
    for (let turn = 0; turn < 10; turn += 1) await undefined;
  }
}

describe('a scraper of metrics', () => {
  it('asks each pod once a second', async () => {
    scraper.watch(new Set(['a:1', 'b:1']));
    await pass(4_950);
    expect(asked.filter(({ address }) => address === 'a:1')).toHaveLength(5);
    expect(asked).toHaveLength(10);
  });

  it('asks five times a second while requests wait', async () => {
    isBusy = true;
    scraper.watch(new Set(['a:1']));
    await pass(1_950);
    expect(asked).toHaveLength(10);
    isBusy = false;
    await pass(250);
    const before = asked.length;
    await pass(3_000);
    expect(asked.length - before).toBe(3);
  });

  it('asks one that fails less and less often, and again each second when it answers', async () => {
    answer = failed;
    scraper.watch(new Set(['a:1']));
    await pass(40_000);
    const gaps = asked.slice(1).map(({ atMs }, nth) => atMs - (asked[nth]?.atMs ?? 0));
    expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    answer = idle;
    await pass(10_000);
    const before = asked.length;
    await pass(3_000);
    expect(asked.length - before).toBe(3);
  });

  it('has a bounded number of questions open', async () => {
    holds = [];
    scraper.watch(new Set(Array.from({ length: 100 }, (_, nth) => `${nth}:1`)));
    await pass(1_000);
    expect(asked).toHaveLength(32);
    holds.shift()?.();
    await pass(50);
    expect(asked).toHaveLength(33);
  });

  it('asks a large share more slowly', async () => {
    scraper.watch(new Set(Array.from({ length: 500 }, (_, nth) => `${nth}:1`)));
    await pass(8_000);
    expect(asked.length).toBeLessThan(8 * 250 + 500);
    expect(asked.length).toBeGreaterThan(4 * 250);
  });

  it('asks a pod no more that is not its own', async () => {
    scraper.watch(new Set(['a:1', 'b:1']));
    await pass(1_000);
    scraper.watch(new Set(['b:1']));
    asked = [];
    await pass(3_000);
    expect(new Set(asked.map(({ address }) => address))).toEqual(new Set(['b:1']));
  });
});
