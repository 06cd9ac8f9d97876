import type { Endpoint } from './endpoint.ts';

/** The endpoints a request may go to, or why there are none. */
export type Candidates =
  | { readonly kind: 'some'; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'none-ready' }
  | { readonly kind: 'none-in-subset' };

/**
 * By address. Created once for each array of ready endpoints, because it is most of the work in
 * large pools.
 */
const byAddress = new WeakMap<readonly Endpoint[], ReadonlyMap<string, Endpoint>>();

/**
 * @param ready the endpoints that may be chosen now; a new array after each change
 * @param subset canonical addresses the request is limited to; absent means no limit
 *   (Gateway API endpoint picker protocol, `x-gateway-destination-endpoint-subset`)
 */
export function candidatesFor(ready: readonly Endpoint[], subset: readonly string[] | undefined): Candidates {
  if (ready.length === 0) return { kind: 'none-ready' };
  if (subset === undefined) return { kind: 'some', endpoints: ready };
  const known = indexOf(ready);
  const endpoints: Endpoint[] = [];
  for (const address of new Set(subset)) {
    const endpoint = known.get(address);
    if (endpoint !== undefined) endpoints.push(endpoint);
  }
  return endpoints.length > 0 ? { kind: 'some', endpoints } : { kind: 'none-in-subset' };
}

function indexOf(ready: readonly Endpoint[]): ReadonlyMap<string, Endpoint> {
  let index = byAddress.get(ready);
  if (index === undefined) {
    index = new Map(ready.map((endpoint) => [endpoint.address, endpoint]));
    byAddress.set(ready, index);
  }
  return index;
}
