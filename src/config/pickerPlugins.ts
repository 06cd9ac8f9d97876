import type { PolicyName } from '../scheduling/policies/index.ts';
import { isMapping, type Mapping } from './mapping.ts';
import { parseYaml, plainValue } from './yamlDocument.ts';

/** What an EndpointPickerConfig comes to here. */
export type PickerPlugins =
  | {
      readonly kind: 'read';
      /** undefined: it has no scorer that is known. */
      readonly policy: string | undefined;
      /** Scorers that nothing here corresponds to. */
      readonly unknown: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly why: string };

/** The scorers of endpoint pickers, each with the policy of Baton that wants the same. */
const policies: ReadonlyMap<string, PolicyName> = new Map<string, PolicyName>([
  ['prefix-cache-scorer', 'prefix'],
  ['precise-prefix-cache-scorer', 'prefix'],
  ['session-affinity-scorer', 'session-affinity'],
  ['lora-affinity-scorer', 'lora-affinity'],
  ['queue-scorer', 'least-request'],
  ['kv-cache-utilization-scorer', 'least-request'],
  ['running-requests-size-scorer', 'least-request'],
  ['active-request-scorer', 'least-request'],
  ['load-aware-scorer', 'least-request'],
  ['token-load-scorer', 'least-request'],
]);

interface Plugin {
  readonly type: string;
  readonly weight: number;
}

/**
 * The policy, or the mix of policies, for the scorers of an EndpointPickerConfig with their
 * weights: those of the profile that chooses the pod which answers. Filters, pickers and parameters
 * are not read. `prefix` weighs load against the cache by itself, so scorers of load add nothing.
 */
export function readPickerPlugins(text: string): PickerPlugins {
  const parsed = parseYaml(text);
  if (parsed.kind === 'broken') return { kind: 'unreadable', why: 'it is no YAML' };
  const plain = plainValue(parsed.document, parsed.document.contents);
  const config = plain.kind === 'value' ? plain.value : undefined;
  if (!isMapping(config)) return { kind: 'unreadable', why: 'it is no EndpointPickerConfig' };
  const weights = new Map<PolicyName, number>();
  const unknown: string[] = [];
  for (const { type, weight } of pluginsOf(config)) {
    const policy = policies.get(type);
    if (policy !== undefined && weight > 0) weights.set(policy, (weights.get(policy) ?? 0) + weight);
    if (policy === undefined && type.endsWith('-scorer')) unknown.push(type);
  }
  if (weights.has('prefix')) weights.delete('least-request');
  const parts = [...weights].map(([policy, weight]) => (weights.size > 1 ? `${policy}:${weight}` : policy));
  return { kind: 'read', policy: parts.length > 0 ? parts.join(',') : undefined, unknown };
}

/** Without a profile each plugin counts as one. */
function pluginsOf(config: Mapping): readonly Plugin[] {
  const types = new Map<string, string>();
  for (const plugin of mappings(config.plugins)) {
    if (typeof plugin.type === 'string') types.set(String(plugin.name ?? plugin.type), plugin.type);
  }
  const profiles = mappings(config.schedulingProfiles);
  // Of several, the one that decodes chooses the pod.
  const profile = profiles.find(({ name }) => name === 'decode') ?? profiles[0];
  if (profile === undefined) return [...types.values()].map((type) => ({ type, weight: 1 }));
  return mappings(profile.plugins).map(({ pluginRef, weight = 1 }) => ({
    type: types.get(String(pluginRef)) ?? '',
    weight: Number(weight),
  }));
}

function mappings(value: unknown): readonly Mapping[] {
  return Array.isArray(value) ? value.filter(isMapping) : [];
}
