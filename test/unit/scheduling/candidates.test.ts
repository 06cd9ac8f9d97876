import { maxSubsetEntries } from '../../../src/request/readSubset.ts';
import { plainRequest, type SchedulingRequest } from '../../../src/request/schedulingRequest.ts';
import { alternatesTo } from '../../../src/scheduling/alternates.ts';
import { CandidateFinder } from '../../../src/scheduling/candidateFinder.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { type Candidates, isEndpoints } from '../../../src/scheduling/filter.ts';
import { filters } from '../../../src/scheduling/filters/index.ts';
import { endpoint, endpoints, loads } from '../../support/endpoints.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const ready = endpoints(3);
const candidates = (request: SchedulingRequest, from = ready, all = from, aliases: string[] = []) =>
  new CandidateFinder(filters, {
    ready: () => from,
    all: () => all,
    aliases,
    load: loads({}),
    quarantined: () => new Set(),
    maxQuarantinedShare: 0.5,
  }).find(request);
const addresses = (found: Candidates): string[] => {
  if (!isEndpoints(found)) throw new Error(found.kind);
  return found.map(({ address }) => address).toSorted();
};

describe('the candidates of a request', () => {
  it('are all ready endpoints when nothing limits it', () => {
    expect(candidates({})).toBe(ready);
  });

  it('are none when nothing is ready, whatever the subset', () => {
    expect(candidates({ subset: ['10.0.0.1:8000'] }, [])).toEqual({ kind: 'no-ready-endpoint' });
  });
});

describe('the quarantine', () => {
  const finder = (quarantined: readonly string[], maxQuarantinedShare: number) =>
    new CandidateFinder(filters, {
      ready: () => ready,
      all: () => ready,
      aliases: [],
      load: loads({}),
      quarantined: () => new Set(quarantined),
      maxQuarantinedShare,
    });

  it.each<[share: number, left: number[]]>([
    [0, [0, 1, 2]],
    [0.5, [0, 1]],
    [1, [1]],
  ])('leaves out at most %d of the ready endpoints, the longest quarantined first', (share, left) => {
    const found = finder(['10.0.0.3:8000', '10.0.0.1:8000', '10.0.0.2:8000'], share).find({});
    expect(found).toEqual(left.map((index) => ready[index]));
  });

  it('counts for requests that ask for nothing too, as soon as it changes', () => {
    const excluded: string[] = [];
    const one = finder(excluded, 0.5);
    expect(one.find(plainRequest)).toBe(ready);
    excluded.push('10.0.0.1:8000');
    expect(one.find(plainRequest)).toEqual(ready.slice(1));
  });
});

describe('a subset', () => {
  const pods = [
    ...endpoints(3),
    endpoint('10.0.0.1:8001'),
    endpoint('[2001:db8::1]:8000'),
    endpoint('[2001:db8::1]:8001'),
  ];

  it.each<[what: string, subset: string[], expected: string[]]>([
    ['addresses, some of them strangers', ['10.0.0.3:8000', '10.9.9.9:8000'], ['10.0.0.3:8000']],
    ['an address twice', ['10.0.0.2:8000', '10.0.0.2:8000'], ['10.0.0.2:8000']],
    ['an IPv6 address in another form', ['[2001:DB8:0::1]:8001'], ['[2001:db8::1]:8001']],
    ['a bare IPv4 address: every port', ['10.0.0.1'], ['10.0.0.1:8000', '10.0.0.1:8001']],
    ['a bare IPv6 address', ['2001:db8::1'], ['[2001:db8::1]:8000', '[2001:db8::1]:8001']],
    ['a bare IPv6 address in brackets', ['[2001:DB8::1]'], ['[2001:db8::1]:8000', '[2001:db8::1]:8001']],
    ['an IP and one of its ports', ['10.0.0.1', '10.0.0.1:8001'], ['10.0.0.1:8000', '10.0.0.1:8001']],
  ])('matches %s', (_, subset, expected) => {
    expect(addresses(candidates({ subset }, pods))).toEqual(expected);
  });

  it.each([[['10.9.9.9:8000']], [['10.9.9.9']], [['[10.0.0.1]']], [['pod-a']], [[]]])(
    'leaves none when it is %j',
    (subset) => {
      expect(candidates({ subset }, pods)).toEqual({ kind: 'subset-empty' });
    },
  );

  it('that is too large is refused', () => {
    expect(candidates({ subset: 'too-large' })).toEqual({ kind: 'subset-too-large' });
  });

  it('reads each of 10,000 endpoints a few times, however many entries it has', () => {
    let reads = 0;
    const many = Array.from({ length: 10_000 }, (_, i) => {
      const address = `10.1.${i >> 8}.${i & 255}:8000`;
      return Object.defineProperty(endpoint(address), 'address', {
        get() {
          reads += 1;
          return address;
        },
      });
    });
    const misses = Array.from({ length: maxSubsetEntries }, (_, i) => `[2001:db8::${i.toString(16)}]:8000`);
    candidates({ subset: ['10.1.0.0'] }, many);
    reads = 0;
    expect(candidates({ subset: misses }, many)).toEqual({ kind: 'subset-empty' });
    expect(reads).toBeLessThanOrEqual(4 * many.length);
  });
});

describe('a model', () => {
  const serving = (address: string, ...models: string[]): Endpoint => ({ ...endpoint(address), models });
  const a = serving('10.0.0.1:8000', 'a', 'shared');
  const b = serving('10.0.0.2:8000', 'b', 'shared');
  const any = serving('10.0.0.3:8000');

  it.each<[model: string, expected: Endpoint[]]>([
    ['a', [a, any]],
    ['b', [b, any]],
    ['shared', [a, b, any]],
    ['unlisted', [any]],
  ])('%s goes to the endpoints that list it, and to those that list none', (model, expected) => {
    expect(candidates({ model }, [a, b, any])).toEqual(expected);
  });

  it('that no endpoint lists is unknown', () => {
    expect(candidates({ model: 'xyz' }, [a, b])).toEqual({ kind: 'unknown-model', model: 'xyz', near: [] });
  });

  it.each<[given: string, near: string[]]>([
    ['lama-70b', ['llama-70b']],
    ['LLAMA-70B', ['llama-70b']],
    ['meta/llama-70b', ['llama-70b']],
    ['qwen', ['qwen-3', 'qwen-32b', 'qwen-4']],
    ['gpt-4o', []],
    ['x'.repeat(10_000), []],
  ])('that is unknown (%.20s) comes with at most three near ones', (model, near) => {
    const pods = [
      serving('10.0.0.1:8000', 'llama-70b', 'qwen-3', 'qwen-32b'),
      serving('10.0.0.2:8000', 'qwen-4', 'qwen-5'),
    ];
    expect(candidates({ model }, pods)).toEqual({ kind: 'unknown-model', model, near });
  });

  it('that is unknown comes with near aliases first, which clients use as well', () => {
    const pods = [serving('10.0.0.1:8000', 'gpt-4o-mini', 'gpt-4', 'gpt-4.1', 'gpt-4-turbo')];
    const found = candidates({ model: 'gpt-4p' }, pods, pods, ['gpt-4o', 'claude', 'gpt-4']);
    expect(found).toMatchObject({ near: ['gpt-4o', 'gpt-4', 'gpt-4.1'] });
  });

  it('whose endpoints are not ready, or not in the subset, is not ready', () => {
    const rejection = { kind: 'model-not-ready', model: 'b' };
    expect(candidates({ model: 'b' }, [a], [a, b])).toEqual(rejection);
    expect(candidates({ model: 'b', subset: ['10.0.0.1'] }, [a, b])).toEqual(rejection);
  });
});

describe('a label selector', () => {
  const labelled = (address: string, labels: Record<string, string>): Endpoint => ({
    ...endpoint(address),
    labels,
  });
  const big = labelled('10.0.0.1:8000', { gpu: 'h100', zone: 'a' });
  const small = labelled('10.0.0.2:8000', { gpu: 'l4', zone: 'a' });
  const none = endpoint('10.0.0.3:8000');

  it.each<[selector: string, expected: Endpoint[]]>([
    ['gpu=h100', [big]],
    ['gpu==l4, zone=a', [small]],
    ['zone=a', [big, small]],
    ['gpu!=h100', [small, none]],
  ])('%s leaves the endpoints that meet all of it', (labels, expected) => {
    expect(candidates({ labels }, [big, small, none])).toEqual(expected);
  });

  it('that no endpoint meets rejects the request', () => {
    const rejection = { kind: 'no-endpoint-with-labels', given: 'gpu=h100,zone=b' };
    expect(candidates({ labels: 'gpu=h100,zone=b' }, [big, small])).toEqual(rejection);
  });

  it.each([
    ['gpu in (h100, b200)', true],
    ['gpu in (b200),zone!=x', false],
    ['gpu notin (b200)', true],
    ['gpu notin (h100,b200)', false],
    ['other notin (b200)', true],
  ])('%s: %s', (labels, isMet) => {
    const rejection = { kind: 'no-endpoint-with-labels', given: labels };
    expect(candidates({ labels }, [big])).toEqual(isMet ? [big] : rejection);
  });

  it.each(['gpu', 'gpu in h100', 'gpu in (h100', '=h100', 'gpu=h100,'])('%s is invalid', (labels) => {
    expect(candidates({ labels }, [big])).toEqual({ kind: 'invalid-labels', given: labels });
  });
});

describe('the alternates of a choice', () => {
  const chosen = ready[0] as Endpoint;

  it('are two others, the less loaded first', () => {
    const load = loads({ '10.0.0.2:8000': 9, '10.0.0.3:8000': 1 });
    expect(alternatesTo(chosen, ready, load, seededRandom(1))).toEqual([ready[2], ready[1]]);
  });

  it.each(['zone', 'topology.kubernetes.io/zone'])('are in other zones where %s names them', (label) => {
    const zoned = (address: string, zone: string): Endpoint => ({
      ...endpoint(address),
      labels: { [label]: zone },
    });
    // In the order of their zones, as they often are.
    const pool = endpoints(60).map(({ address }, nth) => zoned(address, `z${Math.floor(nth / 20)}`));
    const busyElsewhere = loads(Object.fromEntries(pool.slice(20).map(({ address }) => [address, 50])));
    const random = seededRandom(5);
    for (let i = 0; i < 100; i += 1) {
      const alternates = alternatesTo(pool[0] as Endpoint, pool, busyElsewhere, random);
      expect(alternates.map(({ labels }) => labels[label])).not.toContain('z0');
      expect(alternates).toHaveLength(2);
    }
    const alone = pool.slice(0, 3);
    expect(alternatesTo(alone[0] as Endpoint, alone, busyElsewhere, random)).toHaveLength(2);
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [50, 2],
  ])('of %i candidates are %i, distinct and never the chosen one', (count, expected) => {
    const others = endpoints(count);
    const first = others[0] as Endpoint;
    const random = seededRandom(3);
    for (let i = 0; i < 100; i += 1) {
      const alternates = alternatesTo(first, others, loads({}), random);
      expect(new Set(alternates).size).toBe(expected);
      expect(alternates).not.toContain(first);
    }
  });
});
