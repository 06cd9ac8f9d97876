import { z } from 'zod';
import { parseMix } from '../scheduling/parseMix.ts';
import { policyNames } from '../scheduling/policies/index.ts';
import { PolicySet } from '../scheduling/policySet.ts';

const policies = new PolicySet({ random: Math.random });
const example = 'session-affinity:2,least-request:1';

/** The name of a policy, or a mix of those that compare costs. */
export function policyText() {
  const error = `one of ${policyNames.join(', ')}, or a mix of ${policies.mixable.join(', ')} such as ${example}`;
  const mix = z.string({ error }).refine(isMix, { error }).describe(`A mix, such as ${example}`);
  return z.union([z.enum(policyNames), mix], { error });
}

function isMix(text: string): boolean {
  return parseMix(text) !== undefined && policies.named(text) !== undefined;
}
