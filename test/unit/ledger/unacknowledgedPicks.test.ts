import { UnacknowledgedPicks } from '../../../src/ledger/unacknowledgedPicks.ts';

const many = 1_000;

describe('the picks that peers cannot know of', () => {
  it('are none while each is seen before the next', () => {
    const unseen = new UnacknowledgedPicks();
    for (let sequence = 1; sequence <= many; sequence += 1) {
      unseen.picked(100);
      unseen.sent(sequence);
      unseen.seen(sequence);
    }
    expect(unseen.mean).toBe(0);
  });

  it('are on average half of those between two writes', () => {
    const unseen = new UnacknowledgedPicks();
    for (let sequence = 1; sequence <= many; sequence += 1) {
      for (let pick = 0; pick < 9; pick += 1) unseen.picked(100);
      unseen.sent(sequence);
      unseen.seen(sequence);
    }
    expect(unseen.mean).toBeGreaterThan(3);
    expect(unseen.mean).toBeLessThan(5);
  });

  it('are known with the newest write that was seen, though others before it never were', () => {
    const unseen = new UnacknowledgedPicks();
    unseen.picked(100);
    unseen.sent(1);
    unseen.picked(100);
    unseen.sent(2);
    unseen.seen(2);
    unseen.seen(1);
    const before = unseen.mean;
    unseen.picked(100);
    expect(unseen.mean).toBeLessThan(before);
  });

  it('are never more than what is in flight, however long nothing was seen', () => {
    const unseen = new UnacknowledgedPicks();
    for (let pick = 0; pick < many; pick += 1) unseen.picked(4);
    expect(unseen.mean).toBeLessThanOrEqual(4);
    expect(unseen.mean).toBeGreaterThan(3.9);
  });
});
