/**
 * What the package exports as `baton/scheduling`: the policies and the types that they decide on.
 */
export type { Endpoint } from './endpoint.ts';
export type { Load, Random } from './load.ts';
export { createPolicies } from './policies/index.ts';
export { isPolicyName, type Policy, type PolicyName, policyNames, relativeLoad } from './policy.ts';
