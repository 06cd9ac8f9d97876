import { CountSums, PeerCounts } from '../../../src/ledger/peerCounts.ts';

function atTime(): { peers: PeerCounts; pass(ms: number): void } {
  let nowMs = 0;
  const peers = new PeerCounts({ staleDecayMs: 1000, nowMs: () => nowMs });
  return { peers, pass: (ms) => (nowMs += ms) };
}

describe('the counts of the peers', () => {
  it('are the sum of all differences', () => {
    const { peers } = atTime();
    peers.add('a', 'x', 3);
    peers.add('a', 'y', 2);
    peers.add('b', 'x', 10);
    peers.add('a', 'y', -2);
    expect([peers.of('x'), peers.of('y'), peers.of('z')]).toEqual([13, 0, 0]);
    expect(Object.fromEntries(peers.sums)).toEqual({ x: 13 });
    expect(Object.fromEntries(peers.totals)).toEqual({ a: 3, b: 10 });
  });

  it('are all replaced by those of a snapshot', () => {
    const { peers } = atTime();
    peers.add('a', 'x', 1);
    peers.replace(new CountSums());
    peers.add('b', 'y', 5);
    expect([peers.of('x'), peers.of('y'), peers.busy()]).toEqual([0, 5, 1]);
  });
});

describe('the tokens that peers have assigned', () => {
  it('only grow, and are unknown while a busy peer does not report them', () => {
    const { peers } = atTime();
    expect(peers.tokens('x')).toBe(0);
    peers.add('old', 'y', 1);
    peers.reportsTokens('old', false);
    peers.addTokens('x', 100);
    expect(peers.tokens('x')).toBeUndefined();
    peers.add('old', 'y', -1);
    peers.addTokens('x', 20);
    expect(peers.tokens('x')).toBe(120);
    peers.add('old', 'y', 1);
    peers.reportsTokens('old', true);
    expect(peers.tokens('x')).toBe(120);
  });
});

describe('the busy peers', () => {
  it('are those with anything in flight', () => {
    const { peers } = atTime();
    peers.add('a', 'x', 1);
    peers.add('b', 'x', 1);
    peers.add('b', 'y', 1);
    expect(peers.busy()).toBe(2);
    peers.add('b', 'x', -1);
    expect(peers.busy()).toBe(2);
    peers.add('b', 'y', -1);
    peers.add('a', 'x', -1);
    expect(peers.busy()).toBe(0);
  });

  it('are counted without some of them', () => {
    const { peers } = atTime();
    peers.add('a', 'x', 1);
    peers.add('b', 'x', 1);
    expect(peers.busy(new Set(['b', 'idle']))).toBe(1);
  });
});

describe('when the watch no longer follows', () => {
  it('lowers the weight of the peers to nothing', () => {
    const { peers, pass } = atTime();
    peers.add('a', 'x', 8);
    peers.markStale();
    expect(peers.of('x')).toBe(8);
    pass(250);
    peers.markStale();
    expect(peers.of('x')).toBe(6);
    expect(peers.ageMs()).toBe(250);
    pass(5000);
    expect(peers.of('x')).toBe(0);
  });

  it('restores their weight once it follows again', () => {
    const { peers, pass } = atTime();
    peers.add('a', 'x', 8);
    peers.markStale();
    pass(500);
    peers.markFresh();
    expect([peers.of('x'), peers.ageMs()]).toEqual([8, 0]);
  });
});
