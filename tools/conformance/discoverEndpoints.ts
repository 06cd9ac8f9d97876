import type { CaseContext } from './conformanceCase.ts';
import { exchange } from './wholeExchange.ts';

/** As many decisions as it takes to see every endpoint of a small pool, nearly always. */
const decisions = 24;

/** The endpoints that a picker names in some decisions, alternates too, sorted. */
export async function discoverEndpoints(context: CaseContext): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let nth = 0; nth < decisions; nth += 1) {
    const { verdict } = await exchange(context, {});
    // Cases say what is wrong.
    if (verdict.kind !== 'routed') break;
    for (const address of verdict.addresses) found.add(address);
  }
  return [...found].sort();
}
