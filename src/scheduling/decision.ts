import type { Endpoint } from './endpoint.ts';
import type { ExtensionRejection } from './extension.ts';

/** Where a request goes. */
export interface Route {
  readonly kind: 'route';
  readonly endpoint: Endpoint;
  /** For Envoy's retries, best first; at most two. */
  readonly alternates: readonly Endpoint[];
  readonly policy: string;
  /** How many endpoints it was chosen from. */
  readonly candidates: number;
}

/** Why a request goes nowhere. */
export type Rejection =
  | { readonly kind: 'no-ready-endpoint' }
  | { readonly kind: 'subset-empty' }
  /** The subset has more entries than are read. */
  | { readonly kind: 'subset-too-large' }
  /** Endpoints serve the model, but none of them is ready, or in the subset. */
  | { readonly kind: 'model-not-ready'; readonly model: string }
  /** No endpoint of the pool serves the model. */
  | { readonly kind: 'unknown-model'; readonly model: string; readonly near: readonly string[] }
  /** Envoy did not send enough of the body to show the model, on which the choice depends. */
  | { readonly kind: 'model-not-read'; readonly readBytes: number }
  /** The body of an alias has to be changed, and there is no room to keep it meanwhile. */
  | { readonly kind: 'body-not-kept'; readonly model: string }
  | { readonly kind: 'no-endpoint-with-labels'; readonly given: string }
  | { readonly kind: 'invalid-labels'; readonly given: string }
  | ({ readonly kind: 'rejected-by-filter'; readonly filter: string } & ExtensionRejection)
  /** The filter of an extension threw, or returned what is no result. */
  | { readonly kind: 'filter-failed'; readonly filter: string }
  | { readonly kind: 'unknown-policy'; readonly given: string; readonly known: readonly string[] };
