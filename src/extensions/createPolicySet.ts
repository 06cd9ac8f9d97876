import { BatonError } from '../errors.ts';
import { policyDefinitions } from '../scheduling/policies/index.ts';
import type { PolicyDefinition, PolicyOptions } from '../scheduling/policy.ts';
import { PolicySet } from '../scheduling/policySet.ts';

/** The settings that policies depend on. */
export interface PolicySettings {
  readonly policy: string;
  readonly affinityLoadPercent: number;
  readonly podCacheTokens: number;
  readonly podPrefillTokensPerSecond: number;
}

/**
 * The policies of Baton and of its extensions.
 *
 * @param shared what policies share with the rest of the instance; default: nothing
 * @throws BatonError `extension-invalid` when one cannot be created, or `policy` names none of them
 */
export function createPolicySet(
  settings: PolicySettings,
  ofExtensions: readonly PolicyDefinition[],
  shared: Pick<PolicyOptions, 'placed' | 'readings' | 'evidence'> = {},
): PolicySet {
  const { policy } = settings;
  const affinity = { loadFactor: settings.affinityLoadPercent / 100 };
  const pods = {
    cacheTokens: settings.podCacheTokens,
    prefillTokensPerSecond: settings.podPrefillTokensPerSecond,
  };
  const definitions = [...policyDefinitions, ...ofExtensions];
  let policies: PolicySet;
  try {
    policies = new PolicySet({ random: Math.random, affinity, pods, definitions, ...shared });
  } catch (cause) {
    throw new BatonError('extension-invalid', 'a policy of scheduling.extensions cannot be created', {
      cause,
    });
  }
  if (policies.named(policy) !== undefined) return policies;
  const known = `policies are ${policies.names.join(', ')}, and mixes of ${policies.mixable.join(', ')}`;
  throw new BatonError('extension-invalid', `scheduling.policy: there is no policy ${policy}; ${known}`);
}
