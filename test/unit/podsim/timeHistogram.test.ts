import { startPodsim } from '../../../tools/podsim/server.ts';
import { queueTimeBounds, TimeHistogram } from '../../../tools/podsim/timeHistogram.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fakeClock.ts';

describe('the queue times of a pod', () => {
  it('count each request in its bucket and in all larger ones', () => {
    const times = new TimeHistogram(queueTimeBounds);
    for (const ms of [0, 300, 301, 10_000_000]) times.observe(ms);
    const { buckets, count, sumSeconds } = times.state();
    expect(buckets.slice(0, 2)).toEqual([
      { atMostSeconds: 0.3, count: 2 },
      { atMostSeconds: 0.5, count: 3 },
    ]);
    expect(buckets.at(-1)?.count).toBe(3);
    expect(count).toBe(4);
    expect(sumSeconds).toBeCloseTo(10_000.601);
  });
});

describe('when a request has to wait for a slot', () => {
  it('has the wait in its response header, streamed or not, and in the metrics', async () => {
    const clock = new FakeClock();
    const pod = await startPodsim({ clock, slots: 1, ttftMs: 100, tokenMs: 50, tokensPerReply: 3 });
    try {
      const ask = (stream: boolean) =>
        fetch(`http://${pod.address}/v1/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ stream }),
        });
      const first = ask(false);
      await eventually(() => expect(pod.state()).toMatchObject({ running: 1 }));
      const second = ask(true);
      await eventually(() => expect(pod.state()).toMatchObject({ running: 1, waiting: 1 }));
      clock.advance(200);
      expect((await first).headers.get('x-podsim-queued-ms')).toBe('0.00');
      clock.advance(200);
      const streamed = await second;
      await streamed.text();
      expect(streamed.headers.get('x-podsim-queued-ms')).toBe('200.00');
      const metrics = await (await fetch(`http://${pod.address}/metrics`)).text();
      expect(metrics).toContain('vllm:request_queue_time_seconds_sum{model_name="sim-model"} 0.2\n');
      // 0.1 s after the arrival, and 0.3 s.
      expect(metrics).toContain('vllm:time_to_first_token_seconds_count{model_name="sim-model"} 2\n');
      expect(metrics).toMatch(/vllm:time_to_first_token_seconds_sum\{model_name="sim-model"\} 0\.[345]/);
    } finally {
      await pod.stop();
    }
  });
});
