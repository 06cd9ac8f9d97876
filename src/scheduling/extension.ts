import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Endpoint } from './endpoint.ts';
import type { PolicyDefinition } from './policy.ts';

/**
 * The contract with modules of third parties (docs/extensions.md). What a version allows stays
 * allowed; a change that breaks a module is a new version.
 */
export const extensionContract = 1;

/** The default export of a module that `scheduling.extensions` names. */
export interface Extension {
  readonly contract: typeof extensionContract;
  /** Request headers, in lower case, that are in `request.headers` for its policies and filters. */
  readonly headers?: readonly string[];
  /** Their names are `vendor/name`. */
  readonly policies?: readonly PolicyDefinition[];
  /** Their names are `vendor/name`. They apply to every request, in this order. */
  readonly filters?: readonly ExtensionFilter[];
}

export interface ExtensionFilter {
  readonly name: string;
  readonly summary: string;
  /** The endpoints that it leaves, or a rejection. A pure function of its arguments. */
  apply(
    request: SchedulingRequest,
    endpoints: readonly Endpoint[],
    context: ExtensionFilterContext,
  ): readonly Endpoint[] | ExtensionRejection;
}

export interface ExtensionFilterContext {
  /** Every endpoint of the pool, those that are not ready too. */
  all(): readonly Endpoint[];
}

/** Envoy's answer to the client, with a JSON body in the shape of OpenAI's errors. */
export interface ExtensionRejection {
  readonly status: (typeof rejectionStatuses)[number];
  /** Lower case letters, digits and `_`: `error.code` of the body, and in Envoy's access log. */
  readonly code: string;
  readonly message: string;
}

export const rejectionStatuses = [400, 403, 404, 429, 503] as const;
