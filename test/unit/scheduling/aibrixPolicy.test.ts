import { aibrixPolicy, aibrixStrategies } from '../../../src/scheduling/aibrixPolicy.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';

describe('a strategy of AIBrix', () => {
  it.each([
    ['random', 'random'],
    ['Least-Request', 'least-request'],
    ['throughput', 'least-request'],
    ['prefix-cache', 'prefix'],
    ['power-of-two', 'power-of-two'],
    ['session-affinity', 'session-affinity'],
    ['pd', 'least-request'],
  ])('%s is the policy %s', (strategy, policy) => {
    expect(aibrixPolicy(strategy)).toBe(policy);
  });

  it.each([
    ['least-request:2,prefix-cache:1', 'least-request:2,prefix:1'],
    ['least-request,prefix-cache:3', 'least-request:1,prefix:3'],
    ['least-request:1,least-latency:2,prefix-cache', 'least-request:3,prefix:1'],
    ['random,least-request', 'least-request'],
    ['random:5,throughput:1,session-affinity:2', 'least-request:1,session-affinity:2'],
    ['least-request,prefix-cache:0', 'least-request'],
    ['power-of-two,prefix-cache', 'least-request:1,prefix:1'],
    ['random:1', 'random'],
  ])('the mix %s is %s', (strategy, policy) => {
    expect(aibrixPolicy(strategy)).toBe(policy);
  });

  it.each(['best', 'least-request,best', 'least-request:x', '', 'random:0', 'round-robin'])(
    '%j is none',
    (text) => {
      expect(aibrixPolicy(text)).toBeUndefined();
    },
  );

  it('each, and each mix of two, is a policy that exists', () => {
    const policies = new PolicySet({ random: Math.random });
    for (const one of aibrixStrategies) {
      expect([one, policies.named(aibrixPolicy(one) ?? '')]).not.toContain(undefined);
      for (const other of aibrixStrategies) {
        const mix = `${one}:2,${other}`;
        if (one !== other) expect([mix, policies.named(aibrixPolicy(mix) ?? '')]).not.toContain(undefined);
      }
    }
  });
});
