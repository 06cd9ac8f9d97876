/**
 * What the package exports as `baton/scheduling`: the policies and the types that they decide on.
 */
export type { SchedulingRequest } from '../request/schedulingRequest.ts';
export type { Endpoint } from './endpoint.ts';
export {
  type Extension,
  type ExtensionFilter,
  type ExtensionFilterContext,
  type ExtensionRejection,
  extensionContract,
} from './extension.ts';
export { type Load, type Random, relativeLoad } from './load.ts';
export { type PolicyName, policyNames } from './policies/index.ts';
export type { Policy, PolicyDefinition, PolicyOptions } from './policy.ts';
export { PolicySet } from './policySet.ts';
