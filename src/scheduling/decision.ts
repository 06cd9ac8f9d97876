import type { Endpoint } from './endpoint.ts';
import type { PolicyName } from './policy.ts';

/** Where a request goes. */
export interface Route {
  readonly kind: 'route';
  readonly endpoint: Endpoint;
  /** For Envoy's retries, best first; at most two. */
  readonly alternates: readonly Endpoint[];
  readonly policy: PolicyName;
  /** How many endpoints it was chosen from. */
  readonly candidates: number;
}

/** Why a request goes nowhere. */
export type Rejection =
  | { readonly kind: 'no-ready-endpoint' }
  | { readonly kind: 'subset-empty' }
  | { readonly kind: 'unknown-policy'; readonly given: string };
