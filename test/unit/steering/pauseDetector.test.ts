import { PauseDetector } from '../../../src/steering/pauseDetector.ts';

function world() {
  const clock = { nowMs: 1_000 };
  const wakes: number[] = [];
  const watch = new PauseDetector({
    longestMs: 5_000,
    nowMs: () => clock.nowMs,
    onResumed: (asleepSinceMs) => wakes.push(asleepSinceMs),
  });
  return { clock, wakes, watch };
}

describe('a process that did not run for a while', () => {
  it('knows it from the first look on, and since when, once', () => {
    const { clock, wakes, watch } = world();
    watch.start();
    clock.nowMs += 4_000;
    watch.check();
    expect(wakes).toEqual([]);
    clock.nowMs += 5_000;
    watch.check();
    watch.check();
    expect(wakes).toEqual([5_000]);
    watch.stop();
  });

  it('knows nothing of a pause before its start or after its end', () => {
    const { clock, wakes, watch } = world();
    clock.nowMs += 60_000;
    watch.check();
    watch.start();
    watch.stop();
    clock.nowMs += 60_000;
    watch.check();
    expect(wakes).toEqual([]);
  });
});
