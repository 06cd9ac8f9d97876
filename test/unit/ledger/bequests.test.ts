import { type Bequest, Bequests, encodeBequest } from '../../../src/ledger/bequests.ts';

const pod1 = '10.0.0.1:8000';
const pod2 = '10.0.0.2:8000';
const ttlMs = 60_000;
/** The givers' time of day is their own; the readers' begins here. */
const noonMs = 1_795_000_000_000;

function world() {
  const clock = { nowMs: 5_000, unixMs: noonMs };
  const news: string[] = [];
  const skipped: string[] = [];
  const bequests = new Bequests({
    nowMs: () => clock.nowMs,
    unixMs: () => clock.unixMs,
    onNew: (giver) => news.push(giver),
    onUnreadable: (key) => skipped.push(key),
  });
  const pass = (ms: number): void => {
    clock.nowMs += ms;
    clock.unixMs += ms;
  };
  return { clock, news, skipped, bequests, pass };
}

function left(counts: Record<string, number>, more: Partial<Bequest> = {}): Uint8Array {
  const bequest = { counts: new Map(Object.entries(counts)), bequeathedUnixMs: noonMs, ttlMs };
  return encodeBequest({ ...bequest, ...more });
}

describe('requests that were left behind', () => {
  it('count wholly at first, less and less, and nothing when their time is over', () => {
    const { bequests, pass } = world();
    bequests.onPut('a/1', left({ [pod1]: 8 }));
    expect(bequests.of(pod1)).toBe(8);
    pass(ttlMs / 4);
    expect(bequests.of(pod1)).toBe(6);
    pass(ttlMs / 4);
    expect(bequests.of(pod1)).toBe(4);
    expect(bequests.list()).toEqual([{ giver: 'a/1', inFlight: 8, counted: 4 }]);
    pass(ttlMs);
    expect(bequests.of(pod1)).toBe(0);
    expect(bequests.sums().size).toBe(0);
    expect(bequests.list()).toEqual([]);
  });

  it('add up over those who left them', () => {
    const { bequests } = world();
    bequests.onPut('a/1', left({ [pod1]: 2, [pod2]: 1 }));
    bequests.onPut('b/1', left({ [pod1]: 3 }));
    expect(Object.fromEntries(bequests.sums())).toEqual({ [pod1]: 5, [pod2]: 1 });
  });

  it('vanish with their record', () => {
    const { bequests } = world();
    bequests.onPut('a/1', left({ [pod1]: 2 }));
    expect(bequests.of(pod1)).toBe(2);
    bequests.onDelete('a/1');
    expect(bequests.of(pod1)).toBe(0);
  });

  it('are news when they are left, not when they are found', () => {
    const { bequests, news } = world();
    bequests.onSnapshot(new Map([['a/1', left({ [pod1]: 2 })]]));
    bequests.onPut('b/1', left({ [pod1]: 2 }));
    expect(news).toEqual(['b/1']);
  });
});

describe('when the clocks of two machines disagree', () => {
  it.each([-3_600_000, 3_600_000])('counts what it saw being left by its own clock (%d ms)', (offMs) => {
    const { bequests, pass } = world();
    bequests.onPut('a/1', left({ [pod1]: 8 }, { bequeathedUnixMs: noonMs + offMs }));
    expect(bequests.of(pod1)).toBe(8);
    pass(ttlMs / 2);
    expect(bequests.of(pod1)).toBe(4);
  });

  it.each([
    ['agree', -15_000, 6],
    ["have the giver's ahead by an hour", 3_600_000, 8],
    ["have the giver's behind by an hour", -3_600_000, 0],
  ])('believes of what it finds at joining an age within its time, when they %s', (_, offMs, expected) => {
    const { bequests, pass } = world();
    bequests.onSnapshot(new Map([['a/1', left({ [pod1]: 8 }, { bequeathedUnixMs: noonMs + offMs })]]));
    expect(bequests.of(pod1)).toBe(expected);
    pass(ttlMs / 4);
    expect(bequests.of(pod1)).toBe(Math.max(0, expected - 2));
  });

  it('goes on from the age it knows when everything is read again', () => {
    const { bequests, pass, clock } = world();
    const record = left({ [pod1]: 8 });
    bequests.onPut('a/1', record);
    pass(ttlMs / 4);
    clock.unixMs += 3_600_000;
    bequests.onSnapshot(new Map([['a/1', record]]));
    expect(bequests.of(pod1)).toBe(6);
  });
});

describe('a bequest that cannot be read', () => {
  it('is skipped and told of, and the others count', () => {
    const { bequests, skipped } = world();
    bequests.onSnapshot(
      new Map([
        ['a/1', new Uint8Array([255, 255])],
        ['b/1', left({ [pod1]: 2 })],
      ]),
    );
    expect(skipped).toEqual(['a/1']);
    expect(bequests.of(pod1)).toBe(2);
  });
});
