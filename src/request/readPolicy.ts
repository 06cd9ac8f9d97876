import { readText } from './readText.ts';
import type { RequestSource } from './requestSource.ts';

/** Names the policy, by the client or the route. The header is AIBrix's. */
export const policyHeader = 'routing-strategy';

/** The value as given: the scheduler decides whether there is such a policy. */
export function readPolicy(source: RequestSource): string | undefined {
  return readText(source, policyHeader);
}
