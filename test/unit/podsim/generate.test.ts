import { generate } from '../../../tools/podsim/generate.ts';
import { FakeClock } from '../../support/fakeClock.ts';

type Emitted = [atMs: number, from: number, to: number];

function start(tokens: number, firstMs: number, everyMs: number) {
  const clock = new FakeClock();
  const emitted: Emitted[] = [];
  const cancel = generate(tokens, { firstMs, everyMs }, clock, (from, to) =>
    emitted.push([clock.nowMs(), from, to]),
  );
  return { clock, emitted, cancel };
}

describe('the tokens of a completion', () => {
  it('are emitted one by one, each at its time', () => {
    const { clock, emitted } = start(3, 50, 10);
    clock.advance(1000);
    expect(emitted).toEqual([
      [50, 0, 1],
      [60, 1, 2],
      [70, 2, 3],
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are emitted at once and without a timer when the pace is 0', () => {
    const { clock, emitted } = start(3, 0, 0);
    expect(emitted).toEqual([[0, 0, 3]]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are emitted together when only the first takes time', () => {
    const { clock, emitted } = start(3, 50, 0);
    clock.advance(50);
    expect(emitted).toEqual([[50, 0, 3]]);
  });

  it('are emitted together by a late process', () => {
    const { clock, emitted } = start(10, 0, 10);
    clock.advance(100, 35);
    expect(emitted).toEqual([
      [0, 0, 1],
      [45, 1, 5],
      [85, 5, 9],
    ]);
  });

  it('never need more than one timer', () => {
    const { clock } = start(100, 5, 5);
    for (let elapsed = 0; elapsed < 400; elapsed++) {
      clock.advance(1);
      expect(clock.pendingTimers).toBe(1);
    }
  });

  it('are not emitted after a cancel', () => {
    const { clock, emitted, cancel } = start(3, 50, 10);
    clock.advance(55);
    cancel();
    clock.advance(1000);
    expect(emitted).toEqual([[50, 0, 1]]);
    expect(clock.pendingTimers).toBe(0);
  });
});
