import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DrainResult, drain } from '../../../src/instance/drain.ts';
import { FakeClock } from '../../support/fakeClock.ts';

/** A drain on a clock of the test, with exchanges that the test opens and ends. */
function startDrain(options: { noticeMs: number; quietMs: number; graceMs: number; open?: number }) {
  const clock = new FakeClock();
  const forceStop = new AbortController();
  let lastArrivalMs = clock.nowMs();
  const exchanges = {
    open: options.open ?? 0,
    arrive() {
      lastArrivalMs = clock.nowMs();
    },
    quietMs: () => clock.nowMs() - lastArrivalMs,
    settleAll() {},
    halfCloseAll() {
      const left = this.open;
      this.open = 0;
      return left;
    },
  };
  let result: DrainResult<ReadonlyMap<string, number>> | undefined;
  const inFlight = new Map([['10.0.0.1:80', exchanges.open]]);
  const ended = drain({
    ...options,
    clock,
    exchanges,
    takeCounts: () => new Map(inFlight),
    forceStop: forceStop.signal,
  }).then((ends) => {
    result = ends;
  });
  return {
    exchanges,
    forceStop,
    ended,
    result: () => result,
    stall: (ms: number) => clock.stall(ms),
    async advance(ms: number) {
      for (let passedMs = 0; passedMs < ms; passedMs += 10) {
        clock.advance(10);
        await nextTurn();
      }
    },
  };
}

describe('when nothing is open', () => {
  it('ends after the notice', async () => {
    const { advance, result } = startDrain({ noticeMs: 80, quietMs: 10, graceMs: 10_000 });
    await advance(60);
    expect(result()).toBeUndefined();
    await advance(40);
    expect(result()).toMatchObject({ tookMs: 80, halfClosed: 0 });
  });
});

describe('when streams keep coming', () => {
  it('ends once none has come for the quiet time', async () => {
    const { advance, exchanges, result } = startDrain({ noticeMs: 20, quietMs: 100, graceMs: 20_000 });
    for (let arrivals = 0; arrivals < 20; arrivals += 1) {
      exchanges.arrive();
      await advance(50);
    }
    expect(result()).toBeUndefined();
    await advance(100);
    expect(result()?.tookMs).toBeGreaterThanOrEqual(1_000);
  });
});

describe('when the process stands still', () => {
  it('gives Envoy the notice, and waits for quiet, in the time in which it runs', async () => {
    const { advance, exchanges, result, stall } = startDrain({
      noticeMs: 300,
      quietMs: 200,
      graceMs: 60_000,
    });
    await advance(100);
    stall(5_000);
    await advance(100);
    expect(result()).toBeUndefined();
    // What arrived in the stall is read after it.
    exchanges.arrive();
    await advance(180);
    expect(result()).toBeUndefined();
    await advance(60);
    expect(result()).toBeDefined();
  });

  it("keeps to the grace all the same, which is the orchestrator's time", async () => {
    const { advance, result, stall } = startDrain({ noticeMs: 0, quietMs: 0, graceMs: 1_000, open: 1 });
    stall(1_000);
    await advance(20);
    expect(result()).toMatchObject({ halfClosed: 1 });
  });
});

describe('when exchanges outlive the grace', () => {
  it('half-closes them, and returns their requests', async () => {
    const { advance, result } = startDrain({ noticeMs: 0, quietMs: 0, graceMs: 100, open: 3 });
    await advance(80);
    expect(result()).toBeUndefined();
    await advance(20);
    expect(result()).toEqual({ tookMs: 100, halfClosed: 3, left: new Map([['10.0.0.1:80', 3]]) });
  });
});

describe('when the stop is forced', () => {
  it('ends at once', async () => {
    const { ended, forceStop, result } = startDrain({
      noticeMs: 60_000,
      quietMs: 0,
      graceMs: 60_000,
      open: 1,
    });
    forceStop.abort();
    await ended;
    expect(result()).toMatchObject({ tookMs: 0, halfClosed: 1 });
  });
});
