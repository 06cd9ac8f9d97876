import { HealthWatches } from '../../../src/extproc/healthWatches.ts';

describe('health watches', () => {
  it('have a bound for all connections together', () => {
    const watches = new HealthWatches();
    const ends = Array.from({ length: 1_000 }, (_, index) => watches.add(`connection ${index}`, () => {}));
    expect(watches.refusal('another')).toBe('there are 1000 health watches already');
    ends[0]?.();
    expect(watches.refusal('another')).toBeUndefined();
  });

  it('end once, and leave no trace of their connection', () => {
    const watches = new HealthWatches();
    let ended = 0;
    const open = (): (() => void)[] =>
      Array.from({ length: 10 }, () => watches.add('one', () => (ended += 1)));
    for (const end of open()) {
      end();
      end();
    }
    expect(ended).toBe(10);
    open();
    expect(watches.refusal('one')).toBe('this connection has 10 health watches already');
    watches.endAll();
    expect(ended).toBe(20);
    expect(watches.refusal('one')).toBeUndefined();
  });
});
