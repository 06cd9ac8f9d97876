import { SyncLag } from '../../../src/ledger/syncLag.ts';

function atTime(): { lag: SyncLag; pass(ms: number): void } {
  let nowMs = 0;
  return { lag: new SyncLag({ nowMs: () => nowMs }), pass: (ms) => (nowMs += ms) };
}

describe("the lag of this instance's writes", () => {
  it('is the time from the write to its delivery', () => {
    const { lag, pass } = atTime();
    lag.sent(1);
    pass(7);
    expect(lag.waitingMs()).toBe(7);
    expect(lag.acknowledged(1)).toBe(7);
    expect(lag.waitingMs()).toBe(0);
    expect(lag.percentilesMs()).toEqual({ p50: 7, p99: 7, last: 7 });
  });

  it('is measured once, and only for pending writes', () => {
    const { lag } = atTime();
    lag.sent(1);
    lag.acknowledged(1);
    expect(lag.acknowledged(1)).toBeUndefined();
    expect(lag.acknowledged(9)).toBeUndefined();
  });

  it('does not wait for a write that a later one has replaced', () => {
    const { lag, pass } = atTime();
    lag.sent(1);
    lag.sent(2);
    pass(5);
    lag.acknowledged(2);
    expect(lag.waitingMs()).toBe(0);
  });

  it('drops pending writes on a reset', () => {
    const { lag, pass } = atTime();
    lag.sent(1);
    lag.reset();
    pass(5);
    expect([lag.waitingMs(), lag.percentilesMs()]).toEqual([0, undefined]);
  });
});
