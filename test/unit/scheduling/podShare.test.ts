import { shareOf } from '../../../src/scheduling/podShare.ts';

const pods = Array.from({ length: 500 }, (_, nth) => `10.0.${nth >> 8}.${nth & 255}:8000`);
const ownerAmong = (askers: readonly string[], pod: string): readonly string[] =>
  askers.filter((id) => shareOf(id, askers)(pod));

describe('the pods that an instance asks', () => {
  it('are each asked by exactly one of the instances, in about equal shares', () => {
    const askers = ['a', 'b', 'baton-7d4f-1', 'baton-7d4f-2'];
    const shares = new Map<string, number>();
    for (const pod of pods) {
      const owners = ownerAmong(askers, pod);
      expect(owners).toHaveLength(1);
      for (const id of owners) shares.set(id, (shares.get(id) ?? 0) + 1);
    }
    for (const share of shares.values()) expect(Math.abs(share - 125)).toBeLessThan(40);
  });

  it('stay those of the others when one leaves', () => {
    for (const pod of pods) {
      const [before] = ownerAmong(['a', 'b', 'c'], pod);
      const [after] = ownerAmong(['a', 'b'], pod);
      if (before !== 'c') expect(after).toBe(before);
    }
  });

  it('are none where it is not among those that ask', () => {
    expect(pods.some(shareOf('a', ['b']))).toBe(false);
    expect(pods.every(shareOf('a', ['a']))).toBe(true);
  });
});
