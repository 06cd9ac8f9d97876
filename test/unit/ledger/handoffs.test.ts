import { Handoffs } from '../../../src/ledger/handoffs.ts';
import { encodeHandoff, type Handoff } from '../../../src/proto/records/handoff.ts';
import { giveSnapshot } from '../../support/snapshots.ts';

const pod1 = '10.0.0.1:8000';
const pod2 = '10.0.0.2:8000';
const ttlMs = 60_000;
/** The reader's time of day at the start; the writers have clocks of their own. */
const noonMs = 1_795_000_000_000;

function harness() {
  const clock = { nowMs: 5_000, unixMs: noonMs };
  const news: string[] = [];
  const skipped: string[] = [];
  const handoffs = new Handoffs({
    nowMs: () => clock.nowMs,
    unixMs: () => clock.unixMs,
    onNew: (instance) => news.push(instance),
    onUnreadable: (key) => skipped.push(key),
  });
  const pass = (ms: number): void => {
    clock.nowMs += ms;
    clock.unixMs += ms;
  };
  return { clock, news, skipped, handoffs, pass };
}

function left(counts: Record<string, number>, more: Partial<Handoff> = {}): Uint8Array {
  const handoff = { counts: new Map(Object.entries(counts)), handedOffUnixMs: noonMs, ttlMs };
  return encodeHandoff({ ...handoff, ...more });
}

describe('requests that were handed off', () => {
  it('count fully at first, then less, and not at all after their TTL', () => {
    const { handoffs, pass } = harness();
    handoffs.onPut('a/1', left({ [pod1]: 8 }));
    expect(handoffs.of(pod1)).toBe(8);
    pass(ttlMs / 4);
    expect(handoffs.of(pod1)).toBe(6);
    pass(ttlMs / 4);
    expect(handoffs.of(pod1)).toBe(4);
    expect(handoffs.list()).toEqual([{ instance: 'a/1', inFlight: 8, counted: 4 }]);
    pass(ttlMs);
    expect(handoffs.of(pod1)).toBe(0);
    expect(handoffs.sums().size).toBe(0);
    expect(handoffs.list()).toEqual([]);
  });

  it('add up over all handoffs', () => {
    const { handoffs } = harness();
    handoffs.onPut('a/1', left({ [pod1]: 2, [pod2]: 1 }));
    handoffs.onPut('b/1', left({ [pod1]: 3 }));
    expect(Object.fromEntries(handoffs.sums())).toEqual({ [pod1]: 5, [pod2]: 1 });
  });

  it('vanish with their record', () => {
    const { handoffs } = harness();
    handoffs.onPut('a/1', left({ [pod1]: 2 }));
    expect(handoffs.of(pod1)).toBe(2);
    handoffs.onDelete('a/1');
    expect(handoffs.of(pod1)).toBe(0);
  });

  it('are reported when the watch delivers them, not with a snapshot', () => {
    const { handoffs, news } = harness();
    giveSnapshot(handoffs, new Map([['a/1', left({ [pod1]: 2 })]]));
    handoffs.onPut('b/1', left({ [pod1]: 2 }));
    expect(news).toEqual(['b/1']);
  });
});

describe('when the clocks of two machines disagree', () => {
  it.each([-3_600_000, 3_600_000])(
    'measures the age of a delivered handoff by its own clock (%d ms)',
    (offMs) => {
      const { handoffs, pass } = harness();
      handoffs.onPut('a/1', left({ [pod1]: 8 }, { handedOffUnixMs: noonMs + offMs }));
      expect(handoffs.of(pod1)).toBe(8);
      pass(ttlMs / 2);
      expect(handoffs.of(pod1)).toBe(4);
    },
  );

  it.each([
    ['agree', -15_000, 6],
    ["have the instance's ahead by an hour", 3_600_000, 8],
    ["have the instance's behind by an hour", -3_600_000, 0],
  ])('believes of what it finds at joining an age within its time, when they %s', (_, offMs, expected) => {
    const { handoffs, pass } = harness();
    giveSnapshot(handoffs, new Map([['a/1', left({ [pod1]: 8 }, { handedOffUnixMs: noonMs + offMs })]]));
    expect(handoffs.of(pod1)).toBe(expected);
    pass(ttlMs / 4);
    expect(handoffs.of(pod1)).toBe(Math.max(0, expected - 2));
  });

  it('keeps the measured age when all records are read again', () => {
    const { handoffs, pass, clock } = harness();
    const record = left({ [pod1]: 8 });
    handoffs.onPut('a/1', record);
    pass(ttlMs / 4);
    clock.unixMs += 3_600_000;
    giveSnapshot(handoffs, new Map([['a/1', record]]));
    expect(handoffs.of(pod1)).toBe(6);
  });
});

describe('a handoff that cannot be read', () => {
  it('is skipped and reported, and the others count', () => {
    const { handoffs, skipped } = harness();
    giveSnapshot(
      handoffs,
      new Map([
        ['a/1', new Uint8Array([255, 255])],
        ['b/1', left({ [pod1]: 2 })],
      ]),
    );
    expect(skipped).toEqual(['a/1']);
    expect(handoffs.of(pod1)).toBe(2);
  });
});
