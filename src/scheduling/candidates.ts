import type { Endpoint } from './endpoint.ts';

/** The endpoints a request may go to, or why there are none. */
export type Candidates =
  | { readonly kind: 'some'; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'none-ready' }
  | { readonly kind: 'none-in-subset' };

/**
 * @param ready the endpoints that may be chosen now
 * @param subset canonical addresses the request is limited to; absent means no limit
 *   (Gateway API endpoint picker protocol, `x-gateway-destination-endpoint-subset`)
 */
export function candidatesFor(ready: readonly Endpoint[], subset: readonly string[] | undefined): Candidates {
  if (ready.length === 0) return { kind: 'none-ready' };
  if (subset === undefined) return { kind: 'some', endpoints: ready };
  const wanted = new Set(subset);
  const endpoints = ready.filter((endpoint) => wanted.has(endpoint.address));
  return endpoints.length > 0 ? { kind: 'some', endpoints } : { kind: 'none-in-subset' };
}
