import type { SchedulingRequest } from '../../../src/request/schedulingRequest.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import type { Load } from '../../../src/scheduling/load.ts';
import type { Policy } from '../../../src/scheduling/policy.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { endpoint, endpoints, loads } from '../../support/endpoints.ts';
import { seededRandom } from '../../support/seededRandom.ts';

const idle = loads({});
const create = (name: string): Policy => new PolicySet({ random: seededRandom(7) }).named(name) as Policy;
function pick(
  policy: Policy,
  candidates: readonly Endpoint[],
  load: Load,
  request: SchedulingRequest,
): Endpoint {
  const chosen = policy.choose(candidates, load, request);
  policy.onPicked?.(chosen, candidates, request);
  return chosen;
}

describe('session-affinity', () => {
  const pods = endpoints(5);
  const policy = create('session-affinity');
  const home = policy.choose(pods, idle, { session: 's' });

  it('leaves its endpoint only while that has more than twice the mean load', () => {
    const others = Object.fromEntries(pods.map(({ address }) => [address, 10]));
    const withHome = (count: number): Load => loads({ ...others, [home.address]: count });
    expect(policy.choose(pods, withHome(10), { session: 's' })).toBe(home);
    expect(policy.choose(pods, withHome(23), { session: 's' })).toBe(home);
    const second = policy.choose(pods, withHome(80), { session: 's' });
    expect(second).not.toBe(home);
    expect(policy.choose(pods, withHome(80), { session: 's' })).toBe(second);
  });

  it('does not leave it for a few requests, however idle the others are', () => {
    expect(policy.choose(pods, loads({ [home.address]: 3 }), { session: 's' })).toBe(home);
  });

  it('places a request without a session as least-request does', () => {
    const load = loads(Object.fromEntries(pods.slice(1).map(({ address }) => [address, 1])));
    expect(policy.choose(pods, load, {})).toBe(pods[0]);
  });
});

describe('lora-affinity', () => {
  const pods = endpoints(4);

  it('sends an adapter where it went before, and another one elsewhere once pods are full', () => {
    const policy = create('lora-affinity');
    const home = pick(policy, pods, idle, { model: 'adapter-a' });
    for (let i = 0; i < 20; i += 1) expect(pick(policy, pods, idle, { model: 'adapter-a' })).toBe(home);
    // Four adapters fill a pod, so sixteen fill the four pods, one by one.
    for (let i = 0; i < 15; i += 1) pick(policy, pods, idle, { model: `filler-${i}` });
    expect(pick(policy, pods, idle, { model: 'adapter-a' })).toBe(home);
    const costs = policy.costs?.(pods, idle, { model: 'adapter-a' }) ?? [];
    expect(costs.filter((cost) => cost === 0)).toHaveLength(1);
    expect(costs.filter((cost) => cost === 1)).toHaveLength(3);
  });

  it('places a new adapter alike in two instances', () => {
    const models = Array.from({ length: 3 }, (_, i) => `adapter-${i}`);
    const [one, other] = [create('lora-affinity'), create('lora-affinity')];
    expect(models.map((model) => pick(one, pods, idle, { model }).address)).toEqual(
      models.map((model) => pick(other, pods, idle, { model }).address),
    );
  });

  it('lets a hot adapter onto a second pod when the first is overloaded', () => {
    const policy = create('lora-affinity');
    const first = pick(policy, pods, idle, { model: 'hot' });
    const second = pick(policy, pods, loads({ [first.address]: 9 }), { model: 'hot' });
    expect(second).not.toBe(first);
    // Both have it now: the less loaded one takes the next.
    expect(pick(policy, pods, loads({ [second.address]: 2 }), { model: 'hot' })).toBe(first);
  });

  it('places a request without a model as least-request does', () => {
    const load = loads(Object.fromEntries(pods.slice(1).map(({ address }) => [address, 1])));
    expect(create('lora-affinity').choose(pods, load, {})).toBe(pods[0]);
  });
});

describe('a mix', () => {
  const pods = endpoints(3);
  const order = (session: string): readonly Endpoint[] => {
    const costs = create('session-affinity').costs?.(pods, idle, { session }) ?? [];
    return pods.toSorted((a, b) => (costs[pods.indexOf(a)] ?? 0) - (costs[pods.indexOf(b)] ?? 0));
  };
  const [home, second] = order('s') as [Endpoint, Endpoint];
  const loadOf = (onHome: number, onOthers: number): Load =>
    loads(Object.fromEntries(pods.map((pod) => [pod.address, pod === home ? onHome : onOthers])));

  it('sums weight × cost / largest cost over its parts', () => {
    const mix = create('session-affinity:2,least-request:1');
    const costs = mix.costs?.(pods, loadOf(3, 0), { session: 's' }) ?? [];
    // Session: 0, 1/2, 3/4 of at most 3/4. Load with one more: 4, 1, 1 of at most 4.
    expect(costs[pods.indexOf(home)]).toBeCloseTo(2 * 0 + 1);
    expect(costs[pods.indexOf(second)]).toBeCloseTo((2 * 0.5) / 0.75 + 0.25);
  });

  it.each<[mix: string, load: Load, isHome: boolean]>([
    ['session-affinity:2,least-request:1', loadOf(50, 0), true],
    ['session-affinity,least-request', loadOf(1, 0), true],
    ['session-affinity,least-request:3', loadOf(50, 0), false],
    ['least-request:1', loadOf(1, 0), false],
  ])('%s weighs affinity against load', (name, load, isHome) => {
    expect(create(name).choose(pods, load, { session: 's' }) === home).toBe(isHome);
  });

  it.each(['Session-Affinity:2, Least-Request:1', 'least-request:0.5,power-of-two'])('may be %s', (name) => {
    expect(create(name)).toBeDefined();
  });

  it.each([
    'least-request:0',
    'least-request:-1',
    'least-request,none-such',
    'least-request,random',
    'least-request,least-request',
    'least-request:1:2',
    'a,b,c,d,e,f,g,h,i',
    '',
    ',',
  ])('cannot be %j', (name) => {
    expect(create(name)).toBeUndefined();
  });

  it('learns of its picks in all parts', () => {
    const mix = create('lora-affinity:3,least-request:1');
    const first = pick(mix, pods, idle, { model: 'a' });
    const second = pick(mix, pods, loads({ [first.address]: 1 }), { model: 'a' });
    expect(second).toBe(first);
  });

  it('takes weights of endpoints into account by load', () => {
    const mix = create('least-request:1,power-of-two:1');
    const [small, large] = [endpoint('a:1'), endpoint('b:1', 3)];
    expect(mix.choose([small, large], loads({ 'a:1': 1, 'b:1': 3 }), {})).toBe(large);
  });
});
