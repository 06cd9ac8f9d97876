import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { hashText, rendezvousCost } from '../../../src/scheduling/rendezvous.ts';
import { endpoint, endpoints } from '../../support/endpoints.ts';

function homeOf(key: string, pods: readonly Endpoint[]): string {
  const keyHash = hashText(key);
  const costs = pods.map((pod) => rendezvousCost(keyHash, pod));
  return (pods[costs.indexOf(Math.min(...costs))] as Endpoint).address;
}

describe('the order of a key', () => {
  it('is the same in every release, or an upgrade would move every session', () => {
    expect(['', 'a', 'session-1', 'größe 🚀'].map(hashText)).toEqual(frozenHashes);
    const keys = Array.from({ length: 12 }, (_, index) => `session-${index}`);
    expect(keys.map((key) => homeOf(key, endpoints(10)).split(/[.:]/)[3]).join(' ')).toBe(frozenHomes);
  });

  it('begins with each endpoint in proportion to its weight', () => {
    const pods = [endpoint('a:1'), endpoint('b:1', 2), endpoint('c:1'), endpoint('d:1', 4)];
    const counts = new Map(pods.map(({ address }) => [address, 0]));
    for (let i = 0; i < 16_000; i += 1) {
      const home = homeOf(`${i}`, pods);
      counts.set(home, (counts.get(home) ?? 0) + 1);
    }
    for (const { address, weight } of pods) {
      expect(counts.get(address)).toBeGreaterThan(1_850 * weight);
      expect(counts.get(address)).toBeLessThan(2_150 * weight);
    }
  });

  it('spreads the keys of an endpoint that leaves over all others', () => {
    const pods = endpoints(10);
    const left = pods.slice(1);
    const lost = Array.from({ length: 20_000 }, (_, i) => `user-${i}`).filter(
      (key) => homeOf(key, pods) === pods[0]?.address,
    );
    const counts = new Map<string, number>();
    for (const key of lost) {
      const home = homeOf(key, left);
      counts.set(home, (counts.get(home) ?? 0) + 1);
    }
    for (const { address } of left) {
      expect(counts.get(address)).toBeGreaterThan(lost.length / 9 / 1.4);
      expect(counts.get(address)).toBeLessThan((lost.length / 9) * 1.4);
    }
  });
});

const frozenHashes = [2872998923, 444641715, 599268235, 1655013072];
const frozenHomes = '9 7 4 2 3 10 10 9 7 2 3 2';
