import { parseMix } from './parseMix.ts';
import type { PolicyName } from './policies/index.ts';

/**
 * The strategies of AIBrix's gateway, each with the policy of Baton that comes nearest. Those that
 * compare what pods say of themselves (latency, cache, utilization) are answered by the number of
 * requests in flight, which all instances know exactly; prefill and decode are not told apart.
 */
const nearestPolicies: ReadonlyMap<string, PolicyName> = new Map<string, PolicyName>([
  ['random', 'random'],
  ['power-of-two', 'power-of-two'],
  ['least-request', 'least-request'],
  ['least-busy-time', 'least-request'],
  ['least-latency', 'least-request'],
  ['least-kv-cache', 'least-request'],
  ['least-gpu-cache', 'least-request'],
  ['least-utilization', 'least-request'],
  ['throughput', 'least-request'],
  ['load-balance', 'least-request'],
  ['prefix-cache', 'prefix'],
  ['prefix-cache-preble', 'prefix'],
  ['vtc-basic', 'least-request'],
  ['slo', 'least-request'],
  ['slo-pack-load', 'least-request'],
  ['slo-least-load', 'least-request'],
  ['slo-least-load-pulling', 'least-request'],
  ['pd', 'least-request'],
  ['session-affinity', 'session-affinity'],
  ['lora-affinity', 'lora-affinity'],
]);

export const aibrixStrategies: readonly string[] = [...nearestPolicies.keys()];

/** In a mix: it prefers no pod, so it adds nothing. */
const indifferent: ReadonlySet<PolicyName> = new Set(['random']);
/** In a mix, where each pod needs a cost: the same preference, of all pods. */
const withCosts: Partial<Record<PolicyName, PolicyName>> = { 'power-of-two': 'least-request' };

/**
 * The policy, or the mix of policies, for a strategy of AIBrix or a mix of them such as
 * `least-request:2,prefix-cache`. A part of weight 0 is left out, and parts with the same policy
 * are one. undefined: the text names something else.
 */
export function aibrixPolicy(text: string): string | undefined {
  const single = nearestPolicies.get(text.toLowerCase());
  if (single !== undefined) return single;
  const parts = parseMix(text, 'zero-weights');
  if (parts === undefined) return undefined;
  const weights = new Map<PolicyName, number>();
  for (const { name, weight } of parts) {
    const policy = nearestPolicies.get(name);
    if (policy === undefined) return undefined;
    const part = withCosts[policy] ?? policy;
    weights.set(part, (weights.get(part) ?? 0) + weight);
  }
  for (const [policy, weight] of weights) {
    if (weight === 0 || (indifferent.has(policy) && weights.size > 1)) weights.delete(policy);
  }
  if (weights.size < 2) return weights.keys().next().value;
  return [...weights].map(([policy, weight]) => `${policy}:${weight}`).join(',');
}
