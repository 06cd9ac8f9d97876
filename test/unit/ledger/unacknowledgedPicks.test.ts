import { UnacknowledgedPicks } from '../../../src/ledger/unacknowledgedPicks.ts';

const many = 1_000;

describe('the picks that peers do not know of', () => {
  it('are none while each is acknowledged before the next', () => {
    const unacknowledged = new UnacknowledgedPicks();
    for (let sequence = 1; sequence <= many; sequence += 1) {
      unacknowledged.picked(100);
      unacknowledged.sent(sequence);
      unacknowledged.acknowledged(sequence);
    }
    expect(unacknowledged.mean).toBe(0);
  });

  it('are on average half of those between two writes', () => {
    const unacknowledged = new UnacknowledgedPicks();
    for (let sequence = 1; sequence <= many; sequence += 1) {
      for (let pick = 0; pick < 9; pick += 1) unacknowledged.picked(100);
      unacknowledged.sent(sequence);
      unacknowledged.acknowledged(sequence);
    }
    expect(unacknowledged.mean).toBeGreaterThan(3);
    expect(unacknowledged.mean).toBeLessThan(5);
  });

  it('are known with the newest acknowledged write, even if earlier writes were not acknowledged', () => {
    const unacknowledged = new UnacknowledgedPicks();
    unacknowledged.picked(100);
    unacknowledged.sent(1);
    unacknowledged.picked(100);
    unacknowledged.sent(2);
    unacknowledged.acknowledged(2);
    unacknowledged.acknowledged(1);
    const before = unacknowledged.mean;
    unacknowledged.picked(100);
    expect(unacknowledged.mean).toBeLessThan(before);
  });

  it('never exceed the requests in flight, however long no write is acknowledged', () => {
    const unacknowledged = new UnacknowledgedPicks();
    for (let pick = 0; pick < many; pick += 1) unacknowledged.picked(4);
    expect(unacknowledged.mean).toBeLessThanOrEqual(4);
    expect(unacknowledged.mean).toBeGreaterThan(3.9);
  });
});
