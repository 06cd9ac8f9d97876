import { jest } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';

/** Node fires a timer of more than 2^31 - 1 ms, 24.8 days, after one millisecond. */
const longestMs = 2 ** 31 - 1;
const dayMs = 86_400_000;

describe('a timer of the system clock', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each([
    ['a moment', 5],
    ['24.8 days', longestMs],
    ['a millisecond more', longestMs + 1],
    ['30 days', 30 * dayMs],
    ['2^32 ms', 2 ** 32],
    ['a year', 365 * dayMs],
  ])('fires after %s and not before', (_, delayMs) => {
    let fired = 0;
    systemClock.after(delayMs, () => {
      fired += 1;
    });
    jest.advanceTimersByTime(delayMs - 1);
    expect(fired).toBe(0);
    jest.advanceTimersByTime(1);
    expect([fired, jest.getTimerCount()]).toEqual([1, 0]);
  });

  it.each([5, 30 * dayMs])('of %d ms is cancelled at any time', (delayMs) => {
    let fired = 0;
    const cancel = systemClock.after(delayMs, () => {
      fired += 1;
    });
    jest.advanceTimersByTime(delayMs - 1);
    cancel();
    jest.advanceTimersByTime(delayMs);
    expect([fired, jest.getTimerCount()]).toEqual([0, 0]);
  });
});
