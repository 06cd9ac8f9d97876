/** How metrics count a policy: mixes and extensions without their names, which are not listed. */
export function policyLabel(policy: string): string {
  if (policy.includes(',')) return 'mix';
  return policy.includes('/') ? 'extension' : policy;
}
