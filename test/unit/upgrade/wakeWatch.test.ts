import { WakeWatch } from '../../../src/upgrade/wakeWatch.ts';

function world() {
  const clock = { nowMs: 1_000 };
  const wakes: number[] = [];
  const watch = new WakeWatch({
    longestMs: 5_000,
    nowMs: () => clock.nowMs,
    onWake: (asleepSinceMs) => wakes.push(asleepSinceMs),
  });
  return { clock, wakes, watch };
}

describe('a process that did not run for a while', () => {
  it('knows it from the first look on, and since when, once', () => {
    const { clock, wakes, watch } = world();
    watch.start();
    clock.nowMs += 4_000;
    watch.look();
    expect(wakes).toEqual([]);
    clock.nowMs += 5_000;
    watch.look();
    watch.look();
    expect(wakes).toEqual([5_000]);
    watch.stop();
  });

  it('knows nothing of a pause before its start or after its end', () => {
    const { clock, wakes, watch } = world();
    clock.nowMs += 60_000;
    watch.look();
    watch.start();
    watch.stop();
    clock.nowMs += 60_000;
    watch.look();
    expect(wakes).toEqual([]);
  });
});
