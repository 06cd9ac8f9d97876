import type { AskedRequest } from '../admin/server.ts';
import { choosePool } from '../request/choosePool.ts';
import type { RequestSource } from '../request/requestSource.ts';
import type { Explanation } from '../scheduling/explanation.ts';
import type { PoolParts } from './poolParts.ts';

/** Explains the decision of the pool that a request is for; undefined: it is for none. */
export function explainForPool(
  pools: readonly PoolParts[],
): (asked: AskedRequest) => Explanation | undefined {
  const rules = pools.map(({ config: { matches } }) => ({ matches }));
  return (asked) => {
    const nth = choosePool(sourceOf(asked), rules);
    return nth === undefined ? undefined : pools[nth]?.explainRequest(asked);
  };
}

/** Metadata cannot be asked about. */
function sourceOf({ headers }: AskedRequest): RequestSource {
  return {
    header: (name) => headers.get(name) ?? (name === ':authority' ? headers.get('host') : undefined),
    metadataTexts: () => undefined,
  };
}
