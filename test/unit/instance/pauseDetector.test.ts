import { PauseDetector } from '../../../src/instance/pauseDetector.ts';
import { FakeClock } from '../../support/fakeClock.ts';

function setUp() {
  const clock = new FakeClock();
  clock.advance(1_000);
  const resumed: number[] = [];
  const detector = new PauseDetector({
    minPauseMs: 5_000,
    clock,
    onResumed: (pausedSinceMs) => resumed.push(pausedSinceMs),
  });
  return { clock, resumed, detector };
}

describe('when the process did not run for a while', () => {
  it('reports the pause once, with its start, at its first late timer', () => {
    const { clock, resumed, detector } = setUp();
    detector.start();
    clock.advance(10_000);
    expect(resumed).toEqual([]);
    clock.advance(6_000, 5_000);
    expect(resumed).toEqual([11_000]);
    clock.advance(10_000);
    expect(resumed).toEqual([11_000]);
    detector.stop();
  });

  it('reports it at a check that comes before the timer', () => {
    const { clock, resumed, detector } = setUp();
    detector.start();
    // Time passes without a timer: the network's events come first.
    const startMs = clock.nowMs();
    clock.advance(5_000, 60_000);
    detector.check();
    detector.check();
    expect(resumed).toEqual([startMs]);
    detector.stop();
  });
});

describe('before its start and after its stop', () => {
  it('reports nothing and has no timer', () => {
    const { clock, resumed, detector } = setUp();
    clock.advance(60_000);
    detector.check();
    detector.start();
    detector.start();
    expect(clock.pendingTimers).toBe(1);
    detector.stop();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(60_000);
    detector.check();
    expect(resumed).toEqual([]);
  });
});
