import type { Random } from '../load.ts';
import type { Policy, PolicyName } from '../policy.ts';
import { LeastRequest } from './leastRequest.ts';
import { PowerOfTwo } from './powerOfTwo.ts';
import { RandomChoice } from './random.ts';
import { RoundRobin } from './roundRobin.ts';

/** One of each policy, by name. They live as long as the instance. */
export function createPolicies(options: { random: Random }): Readonly<Record<PolicyName, Policy>> {
  return {
    random: new RandomChoice(options),
    'round-robin': new RoundRobin(),
    'least-request': new LeastRequest(options),
    'power-of-two': new PowerOfTwo(options),
  };
}
