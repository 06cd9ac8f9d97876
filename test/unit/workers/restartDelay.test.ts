import { RestartDelay } from '../../../src/workers/restartDelay.ts';

describe('the delay before a worker is replaced', () => {
  it('doubles while workers end early, up to a bound', () => {
    const delay = new RestartDelay();
    const delaysMs = Array.from({ length: 9 }, () => delay.afterEnd(50));
    expect(delaysMs).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it('is short again after a worker that ran long', () => {
    const delay = new RestartDelay();
    delay.afterEnd(50);
    delay.afterEnd(50);
    expect(delay.afterEnd(3_600_000)).toBe(100);
  });
});
