import type { Random } from '../load.ts';
import type { Policy, PolicyName } from '../policy.ts';
import { LeastRequest } from './leastRequest.ts';
import { PowerOfTwo } from './powerOfTwo.ts';
import { RandomChoice } from './random.ts';
import { RoundRobin } from './roundRobin.ts';

/** One of each policy, by name. Policies with a memory keep it for the life of the instance. */
export function createPolicies(world: { random: Random }): Readonly<Record<PolicyName, Policy>> {
  return {
    random: new RandomChoice(world),
    'round-robin': new RoundRobin(),
    'least-request': new LeastRequest(world),
    'power-of-two': new PowerOfTwo(world),
  };
}
