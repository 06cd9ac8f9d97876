import { JudgingTimer } from '../../src/judgingTimer.ts';
import { FakeClock } from '../support/fakeClock.ts';

let clock: FakeClock;
let firedAtMs: number | undefined;
let timer: JudgingTimer;
beforeEach(() => {
  clock = new FakeClock();
  firedAtMs = undefined;
});

function start(durationMs: number): void {
  timer = new JudgingTimer(
    durationMs,
    () => {
      firedAtMs = clock.nowMs();
    },
    clock,
  );
}

describe('in a process that runs', () => {
  it('fires after its time', () => {
    start(1000);
    clock.advance(999);
    expect(firedAtMs).toBeUndefined();
    clock.advance(1);
    expect([firedAtMs, timer.hasStalled]).toEqual([1000, false]);
  });

  it('fires a little late where its turns are a little late', () => {
    start(1000);
    clock.advance(3000, 100);
    expect(firedAtMs).toBeLessThanOrEqual(1500);
  });

  it('does not fire when it is cancelled, also in its last turn', () => {
    start(1000);
    clock.advance(500);
    timer.cancel();
    clock.advance(5000);
    expect([firedAtMs, clock.pendingTimers]).toEqual([undefined, 0]);
  });
});

describe('when the process stands still', () => {
  it.each([0, 250, 900, 999])('gives the whole time again, where the stall begins at %i ms', (beginMs) => {
    start(1000);
    clock.advance(beginMs);
    clock.stall(5000);
    expect(timer.hasStalled).toBe(true);
    clock.advance(0);
    expect(firedAtMs).toBeUndefined();
    clock.advance(999);
    expect(firedAtMs).toBeUndefined();
    clock.advance(1);
    expect(firedAtMs).toBe(beginMs + 6000);
  });

  it('ends in the end, where each of its turns is late', () => {
    start(1000);
    clock.advance(60_000, 1000);
    expect(firedAtMs).toBeLessThan(15_000);
  });

  it('counts nothing as a stall that comes after its end', () => {
    start(100);
    clock.advance(100);
    clock.stall(5000);
    expect(timer.hasStalled).toBe(false);
  });
});
