import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Rejection } from './decision.ts';
import type { Endpoint } from './endpoint.ts';
import type { Load } from './load.ts';

/** The endpoints that a request may go to, or why there are none. */
export type Candidates = readonly Endpoint[] | Rejection;

/** What filters know besides the request. Each function is called only where its answer matters. */
export interface FilterContext {
  /** The endpoints that are ready now. Both arrays are new ones after each change. */
  ready(): readonly Endpoint[];
  /** Every endpoint of the pool. */
  all(): readonly Endpoint[];
  /** Model names that clients may use and no endpoint lists: a 404 names the near ones too. */
  readonly aliases: readonly string[];
  readonly load: Load;
  /** Addresses that are in quarantine, the longest first; a new set after each change. */
  quarantined(): ReadonlySet<string>;
  /** At most this share of the ready endpoints is left out for quarantine, within [0, 1]. */
  readonly maxQuarantinedShare: number;
}

/** A filter as the list in filters/index.ts has it. */
export interface Filter {
  /** In lower case: what decisions are explained with. */
  readonly name: string;
  /** One line for docs/policies.md. */
  readonly summary: string;
  /**
   * The endpoints that it leaves, at least one, in no particular order; or a rejection. A pure
   * function of its arguments. Returns `endpoints` itself where it removes none.
   *
   * @param endpoints at least one: what the filters before it left
   */
  apply(request: SchedulingRequest, endpoints: readonly Endpoint[], context: FilterContext): Candidates;
  /**
   * Given by a filter that reads the load. It comes last and rejects nothing, and the endpoints
   * that it removes stay alternates.
   */
  readonly byLoad?: {
    /** Can it remove any of these endpoints? Called once for each list of ready endpoints. */
    concerns(endpoints: readonly Endpoint[]): boolean;
    /** In large pools only the chosen endpoint is tested, and all of them only when it fails. */
    admits(endpoint: Endpoint, load: Load): boolean;
  };
}

export function isEndpoints(candidates: Candidates): candidates is readonly Endpoint[] {
  return Array.isArray(candidates);
}
