import { PeerCounts } from '../../../src/ledger/peerCounts.ts';

const counts = (record: Record<string, number>) => new Map(Object.entries(record));

function atTime(): { peers: PeerCounts; pass(ms: number): void } {
  let nowMs = 0;
  const peers = new PeerCounts({ fadeMs: 1000, nowMs: () => nowMs });
  return { peers, pass: (ms) => (nowMs += ms) };
}

describe('the counts of the peers', () => {
  it('are the sum of their last contributions', () => {
    const { peers } = atTime();
    peers.set('a', counts({ x: 1, y: 2 }));
    peers.set('b', counts({ x: 10 }));
    peers.set('a', counts({ x: 3 }));
    expect([peers.of('x'), peers.of('y'), peers.of('z')]).toEqual([13, 0, 0]);
    peers.delete('b');
    peers.delete('nobody');
    expect(Object.fromEntries(peers.sums)).toEqual({ x: 3 });
  });

  it('are replaced as a whole by a snapshot', () => {
    const { peers } = atTime();
    peers.set('a', counts({ x: 1 }));
    peers.replaceAll(new Map([['b', counts({ y: 5 })]]));
    expect([peers.of('x'), peers.of('y')]).toEqual([0, 5]);
  });
});

describe('the busy peers', () => {
  it('are those with anything in flight', () => {
    const { peers } = atTime();
    peers.set('a', counts({ x: 1 }));
    peers.set('b', counts({ x: 1, y: 1 }));
    peers.set('idle', counts({}));
    expect(peers.busy).toBe(2);
    peers.set('a', counts({}));
    peers.delete('b');
    peers.delete('idle');
    expect(peers.busy).toBe(0);
    peers.replaceAll(new Map([['c', counts({ x: 1 })]]));
    expect(peers.busy).toBe(1);
  });
});

describe('when the store is lost', () => {
  it('fades the peers out and leaves nothing', () => {
    const { peers, pass } = atTime();
    peers.set('a', counts({ x: 8 }));
    peers.freeze();
    expect(peers.of('x')).toBe(8);
    pass(250);
    peers.freeze();
    expect(peers.of('x')).toBe(6);
    expect(peers.ageMs()).toBe(250);
    pass(5000);
    expect(peers.of('x')).toBe(0);
  });

  it('believes them again once it is back', () => {
    const { peers, pass } = atTime();
    peers.set('a', counts({ x: 8 }));
    peers.freeze();
    pass(500);
    peers.thaw();
    expect([peers.of('x'), peers.ageMs()]).toEqual([8, 0]);
  });
});
