import { newestKnownToAll } from '../../../src/prefix/hashingSchemes.ts';
import { PeerProgress } from '../../../src/prefix/peerProgress.ts';
import { PlacementLog } from '../../../src/prefix/placementLog.ts';
import { chainedCuts } from '../../support/promptCuts.ts';

const short = chainedCuts(1, 20);
const long = chainedCuts(2, 100);

describe('what waits to be told', () => {
  it('has each key once, and all that the pod had to compute', () => {
    const log = new PlacementLog();
    log.add('a', short, 100);
    log.add('a', short, 0);
    log.add('b', long, 50);
    expect(log.size).toBe(120);
    const [first, second] = log.take(1_000);
    expect(first).toMatchObject({ address: 'a', computedTokens: 100, short: new Set(short.keys) });
    expect(second).toMatchObject({ address: 'b', computedTokens: 50, long: new Set(long.keys) });
    expect([log.isEmpty, log.size]).toEqual([true, 0]);
    log.add('a', short, 7);
    expect(log.take(1_000)[0]?.computedTokens).toBe(107);
  });

  it('is taken by whole pods, at least one of them', () => {
    const log = new PlacementLog();
    for (const address of ['a', 'b', 'c']) log.add(address, long, 1);
    expect(log.take(10).map(({ address }) => address)).toEqual(['a']);
    expect(log.take(250).map(({ address }) => address)).toEqual(['b', 'c']);
  });

  it('comes back when it was not written, with what was placed meanwhile', () => {
    const log = new PlacementLog();
    log.add('a', short, 1);
    const taken = log.take(1_000);
    log.add('a', long, 2);
    log.putBack(taken);
    expect(log.size).toBe(120);
    expect(log.take(1_000)).toMatchObject([
      { computedTokens: 3, short: new Set(short.keys), long: new Set(long.keys) },
    ]);
  });

  it('leaves out short prompts before long ones', () => {
    const log = new PlacementLog();
    log.add('a', short, 1);
    log.add('a', long, 1);
    log.dropShort();
    expect(log.size).toBe(100);
  });

  it('is bounded while no one can be told', () => {
    const log = new PlacementLog();
    for (let pod = 0; pod < 3_000; pod += 1) log.add(`pod-${pod}`, chainedCuts(pod, 100), 1);
    expect(log.size).toBeLessThanOrEqual(131_072);
    expect(log.take(1e9).at(-1)?.address).toBe('pod-2999');
  });
});

describe('how far a peer has come', () => {
  it('counts each token once, and begins again with its life', () => {
    const peers = new PeerProgress();
    expect(peers.advance('a', 1, 'pod', 1_000)).toBe(0);
    expect(peers.advance('a', 1, 'pod', 1_500)).toBe(500);
    expect(peers.advance('a', 1, 'pod', 1_500)).toBe(0);
    expect(peers.advance('a', 1, 'pod', 1_200)).toBe(0);
    expect(peers.advance('a', 2, 'pod', 300)).toBe(0);
    expect(peers.advance('a', 1, 'pod', 9_000)).toBe(0);
    expect(peers.advance('a', 2, 'pod', 310)).toBe(10);
    peers.forget('a');
    expect(peers.advance('a', 2, 'pod', 400)).toBe(0);
  });
});

describe('the scheme that all instances know', () => {
  it.each([
    [[1], [], 1],
    [[1, 2], [[1]], 1],
    [
      [1, 2],
      [
        [1, 2],
        [1, 2],
      ],
      2,
    ],
    [[1, 2], [[1, 2], [1], []], 1],
    [[2, 3], [[1]], 3],
  ] as const)('of one that knows %j, and others %j: %s', (known, others, expected) => {
    expect(newestKnownToAll(known, others)).toBe(expected);
  });
});
