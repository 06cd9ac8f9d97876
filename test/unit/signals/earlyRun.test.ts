import { EarlyRun, isSign } from '../../../src/signals/earlyRun.ts';

const rarely = 0.001;

describe('a run of early ends', () => {
  it('is a sign after two in a row where they are rare, and later where they are not', () => {
    const run = new EarlyRun();
    run.add(0);
    expect(isSign(run, 0)).toBe(false);
    run.add(1);
    expect(isSign(run, rarely)).toBe(true);
    expect(isSign(run, 0.1)).toBe(false);
    run.add(2);
    run.add(3);
    expect(isSign(run, 0.1)).toBe(true);
  });

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
