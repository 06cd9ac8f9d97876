import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import type { Load } from '../../../src/scheduling/load.ts';
import { type PolicyName, policyNames } from '../../../src/scheduling/policies/index.ts';
import type { Policy } from '../../../src/scheduling/policy.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { endpoint, endpoints, loads } from '../../support/endpoints.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const idle = loads({});
const create = (name: PolicyName): Policy => new PolicySet({ random: seededRandom(7) }).named(name) as Policy;
const pick = (policy: Policy, candidates: readonly Endpoint[], load: Load): Endpoint => {
  const chosen = policy.choose(candidates, load, {});
  policy.onPicked?.(chosen, candidates, {});
  return chosen;
};

function picksByEndpoint(
  policy: Policy,
  candidates: readonly Endpoint[],
  load: Load,
  picks: number,
): number[] {
  const counts = new Map<string, number>();
  for (let i = 0; i < picks; i += 1) {
    const { address } = pick(policy, candidates, load);
    counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return candidates.map(({ address }) => counts.get(address) ?? 0);
}

describe.each(policyNames)('%s', (name) => {
  it('takes the only candidate', () => {
    const [only] = endpoints(1);
    expect(create(name).choose([only as Endpoint], idle, {})).toBe(only);
  });

  it('uses every one of equal idle candidates about equally', () => {
    for (const share of picksByEndpoint(create(name), endpoints(4), idle, 4000)) {
      expect(share).toBeGreaterThan(850);
      expect(share).toBeLessThan(1150);
    }
  });
});

describe('least-request', () => {
  it('picks the one with the fewest in flight', () => {
    const load = loads({ '10.0.0.1:8000': 10, '10.0.0.2:8000': 20, '10.0.0.3:8000': 30 });
    expect(picksByEndpoint(create('least-request'), endpoints(3), load, 100)).toEqual([100, 0, 0]);
  });

  it('breaks ties at random, so that two schedulers do not pick the same', () => {
    const load = loads({ '10.0.0.3:8000': 1 });
    const [first, second, third] = picksByEndpoint(create('least-request'), endpoints(3), load, 1000);
    expect(first).toBeGreaterThan(400);
    expect(second).toBeGreaterThan(400);
    expect(third).toBe(0);
  });

  it('gives endpoints requests in proportion to their weights', () => {
    const candidates = [endpoint('a:1', 3), endpoint('b:1', 1)];
    const counts: Record<string, number> = {};
    const policy = create('least-request');
    for (let i = 0; i < 40; i += 1) {
      const { address } = pick(policy, candidates, loads(counts));
      counts[address] = (counts[address] ?? 0) + 1;
    }
    expect(counts).toEqual({ 'a:1': 30, 'b:1': 10 });
  });
});

describe('least-request on a view that others share', () => {
  const others = { '10.0.0.1:8000': 4, '10.0.0.2:8000': 3, '10.0.0.3:8000': 5 };

  it('counts the requests of others like its own while all are acknowledged', () => {
    const load = loads({ '10.0.0.2:8000': 2 }, others);
    expect(picksByEndpoint(create('least-request'), endpoints(3), load, 100)).toEqual([100, 0, 0]);
  });

  it('spreads its own requests evenly when very many are unacknowledged', () => {
    const load = loads({ '10.0.0.1:8000': 1, '10.0.0.2:8000': 1 }, others, 1_000);
    expect(picksByEndpoint(create('least-request'), endpoints(3), load, 100)).toEqual([0, 0, 100]);
  });

  it('does not always choose the one idle endpoint of a large pool that others choose too', () => {
    const candidates = endpoints(100);
    const busy = Object.fromEntries(candidates.slice(1).map(({ address }) => [address, 5]));
    const idlePicks = (unacknowledged: number): number =>
      picksByEndpoint(create('least-request'), candidates, loads({}, busy, unacknowledged), 1_000)[0] ?? 0;
    expect(idlePicks(0)).toBe(1_000);
    expect(idlePicks(5)).toBeLessThan(300);
  });

  it('reads the load of only a part of a very large pool', () => {
    let reads = 0;
    const load = { ...idle, localInFlight: () => (reads += 1) };
    create('least-request').choose(endpoints(10_000), load, {});
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(24);
  });
});

describe('round-robin', () => {
  it('visits each once before it visits one twice', () => {
    const policy = create('round-robin');
    const candidates = endpoints(3);
    const visited = Array.from({ length: 6 }, () => pick(policy, candidates, idle).address);
    expect(new Set(visited.slice(0, 3)).size).toBe(3);
    expect(visited.slice(3)).toEqual(visited.slice(0, 3));
  });

  it('interleaves the turns of a heavier endpoint', () => {
    const policy = create('round-robin');
    const candidates = [endpoint('a:1', 2), endpoint('b:1', 1), endpoint('c:1', 1)];
    const visited = Array.from({ length: 8 }, () => pick(policy, candidates, idle).address[0]).join('');
    expect(visited).toBe('abcaabca');
  });

  it('has one turn for each endpoint, in whatever list it is a candidate', () => {
    const policy = create('round-robin');
    const [a, b, c] = [endpoint('a:1', 2), endpoint('b:1', 1), endpoint('c:1', 1)];
    const [all, again] = [
      [a, b, c],
      [c, b, a],
    ];
    const visited = Array.from(
      { length: 8 },
      (_, nth) => pick(policy, nth % 2 ? again : all, idle).address[0],
    );
    for (const round of [visited.slice(0, 4), visited.slice(4)]) expect(round.sort().join('')).toBe('aabc');
  });

  it('goes on when endpoints come and go', () => {
    const policy = create('round-robin');
    for (let generation = 0; generation < 500; generation += 1) {
      const candidates = [endpoint(`old-${generation}:1`), endpoint(`new-${generation}:1`)];
      const visited = new Set([pick(policy, candidates, idle), pick(policy, candidates, idle)]);
      expect(visited.size).toBe(2);
    }
  });
});

describe('power-of-two', () => {
  it('never picks the most loaded of all', () => {
    const load = loads({ '10.0.0.2:8000': 5 });
    expect(picksByEndpoint(create('power-of-two'), endpoints(3), load, 500)[1]).toBe(0);
  });
});
