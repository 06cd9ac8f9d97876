import type { PolicyDefinition } from '../policy.ts';
import { autoPolicy } from './auto.ts';
import { leastRequestPolicy } from './leastRequest.ts';
import { loraAffinityPolicy } from './loraAffinity.ts';
import { powerOfTwoPolicy } from './powerOfTwo.ts';
import { prefixPolicy } from './prefix.ts';
import { randomPolicy } from './random.ts';
import { roundRobinPolicy } from './roundRobin.ts';
import { sessionAffinityPolicy } from './sessionAffinity.ts';

/**
 * Every policy of Baton, in the order of the documents. A policy is a file of this folder and a
 * line here: the settings, their JSON schema, docs/policies.md, the labels of metrics and the texts
 * of errors take its name from this list.
 */
export const policyDefinitions = [
  randomPolicy,
  roundRobinPolicy,
  leastRequestPolicy,
  powerOfTwoPolicy,
  sessionAffinityPolicy,
  loraAffinityPolicy,
  prefixPolicy,
  autoPolicy,
] as const satisfies readonly PolicyDefinition[];

export type PolicyName = (typeof policyDefinitions)[number]['name'];

export const policyNames: readonly [PolicyName, ...PolicyName[]] = [
  policyDefinitions[0].name,
  ...policyDefinitions.slice(1).map(({ name }) => name),
];
