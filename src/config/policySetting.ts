import { z } from 'zod';
import { parseMix } from '../scheduling/parseMix.ts';
import { policyNames } from '../scheduling/policies/index.ts';
import { PolicySet } from '../scheduling/policySet.ts';

const policies = new PolicySet({ random: Math.random });
const example = 'session-affinity:2,least-request:1';

/**
 * The name of a policy, or a mix of those that compare costs. Names with a slash are those of
 * extensions, which are not loaded here.
 */
export function policyText() {
  const own = `one of ${policyNames.join(', ')}`;
  const mix = `a mix of ${policies.mixable.join(', ')} such as ${example}`;
  const error = `${own}, or ${mix}, or vendor/name of an extension`;
  const other = z.string({ error }).refine(isMixOrExtension, { error });
  return z.union([z.enum(policyNames), other.describe(`A mix, such as ${example}, or vendor/name`)], {
    error,
  });
}

function isMixOrExtension(text: string): boolean {
  const parts = parseMix(text);
  if (parts === undefined) return false;
  const known = parts.filter(({ name }) => !name.includes('/'));
  if (parts.length === 1) return known.length === 0 || policies.named(text) !== undefined;
  return known.every(({ name }) => policies.mixable.includes(name));
}
