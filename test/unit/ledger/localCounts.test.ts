import { LocalCounts } from '../../../src/ledger/localCounts.ts';

const view = (counts: LocalCounts) => ({ ...Object.fromEntries(counts.counts), total: counts.total });

describe('tokens that are assigned', () => {
  it('add up while anything is in flight there, and begin again after that', () => {
    const counts = new LocalCounts();
    expect(counts.tokens).toBeUndefined();
    counts.assign('a', 100);
    const first = counts.reserve('a');
    counts.assign('a', 50);
    const second = counts.reserve('a');
    first.release();
    expect(counts.tokens?.get('a')).toBe(150);
    second.release();
    expect(counts.tokens?.get('a')).toBeUndefined();
    counts.assign('a', 7);
    counts.reserve('a');
    expect(counts.tokens?.get('a')).toBe(7);
  });
});

describe('a reservation whose request runs on another pod', () => {
  it('counts there, and is released once', () => {
    const counts = new LocalCounts();
    const first = counts.reserve('a');
    const second = counts.reserve('a');
    first.move('b');
    first.move('b');
    expect(first.address).toBe('b');
    expect(view(counts)).toEqual({ a: 1, b: 1, total: 2 });
    first.release();
    first.release();
    expect(view(counts)).toEqual({ a: 1, total: 1 });
    second.release();
    expect(view(counts)).toEqual({ total: 0 });
  });

  it('does not move after its release', () => {
    const counts = new LocalCounts();
    const reservation = counts.reserve('a');
    reservation.release();
    reservation.move('b');
    expect(view(counts)).toEqual({ total: 0 });
  });
});
