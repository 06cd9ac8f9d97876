import { isBeyondChance } from '../../../src/signals/chance.ts';
import { EarlyRun } from '../../../src/signals/earlyRun.ts';

describe('a run of early ends', () => {
  it('starts again when most requests since its first have not ended early', () => {
    const run = new EarlyRun();
    run.add(100);
    run.add(104);
    expect(run.length).toBe(1);
    run.add(105);
    expect(run.length).toBe(2);
  });

  it('goes on although requests that were placed before it last', () => {
    const run = new EarlyRun();
    for (let nth = 0; nth < 5; nth += 1) run.add(1_000 + nth);
    expect(run.length).toBe(5);
  });

  it('goes on with one that a peer has observed, unless requests since contradict it', () => {
    const run = new EarlyRun();
    run.addOfPeer(7);
    run.add(8);
    expect(run.length).toBe(2);
    run.addOfPeer(50);
    expect(run.length).toBe(1);
  });
});

describe('what happens several times in a row', () => {
  it.each([
    [1, 0, false],
    [2, 0.001, true],
    [2, 0.1, false],
    [4, 0.1, true],
    [13, 0.9, false],
    [14, 0.9, true],
  ])('%d times, with a share of %d otherwise: beyond chance is %s', (inRow, share, expected) => {
    expect(isBeyondChance(inRow, share, 0.01)).toBe(expected);
  });
});
