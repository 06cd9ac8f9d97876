import { LookupLane } from '../../../../src/pool/dns/lookupLane.ts';

interface Entry {
  readonly name: string;
  isSlow: boolean;
}

const entry = (name: string, isSlow = false): Entry => ({ name, isSlow });

describe('a lane of lookups', () => {
  it('lets as many run as it has places, in the order in which they came', () => {
    const lane = new LookupLane<Entry>(2, 1);
    const [a, b, c] = [entry('a'), entry('b'), entry('c')];
    for (const one of [a, b, c]) lane.add(one);
    expect([lane.next(), lane.next(), lane.next()]).toEqual([a, b, undefined]);
    lane.remove(a);
    expect([lane.next(), lane.next()]).toEqual([c, undefined]);
  });

  it('keeps places free of those that are slow', () => {
    const lane = new LookupLane<Entry>(2, 1);
    const [slow, slower, fast] = [entry('slow', true), entry('slower', true), entry('fast')];
    for (const one of [slow, slower, fast]) lane.add(one);
    expect([lane.next(), lane.next(), lane.next()]).toEqual([slow, fast, undefined]);
    lane.remove(fast);
    expect([lane.next(), lane.waiting]).toEqual([undefined, [slower]]);
    lane.remove(slow);
    expect(lane.next()).toBe(slower);
  });

  it('is blocked while everything that runs is slow', () => {
    const lane = new LookupLane<Entry>(2, 1);
    const [a, b] = [entry('a'), entry('b')];
    lane.add(a);
    lane.add(b);
    lane.next();
    a.isSlow = true;
    expect(lane.isBlocked).toBe(false);
    lane.next();
    b.isSlow = true;
    expect(lane.isBlocked).toBe(true);
    lane.remove(b);
    expect(lane.isBlocked).toBe(false);
  });

  it('forgets one that waits no longer', () => {
    const lane = new LookupLane<Entry>(1, 1);
    const waiting = entry('a');
    lane.add(waiting);
    lane.remove(waiting);
    expect(lane.next()).toBeUndefined();
  });
});
