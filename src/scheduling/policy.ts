import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Endpoint } from './endpoint.ts';
import type { Load, Random } from './load.ts';

/** Chooses one of the candidates. Its only state may be what it has picked. */
export interface Policy {
  readonly name: string;
  /**
   * Changes no state, so a choice can be asked for without being made.
   *
   * @param candidates at least one, in no particular order
   */
  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint;
  /** The request goes to this endpoint, which was chosen from these candidates. */
  onPicked?(endpoint: Endpoint, candidates: readonly Endpoint[], request: SchedulingRequest): void;
}

/** What a policy is created from. */
export interface PolicyOptions {
  readonly random: Random;
}

/** A policy as the list in policies/index.ts has it. */
export interface PolicyDefinition {
  /** In lower case: what the configuration and the header `routing-strategy` call it. */
  readonly name: string;
  /** One line for docs/policies.md. */
  readonly summary: string;
  /** Called once for each scheduler. */
  create(options: PolicyOptions): Policy;
}

/** The load an endpoint would carry with one request more, relative to its capacity. */
export function relativeLoad(endpoint: Endpoint, load: Load): number {
  return (load.inFlight(endpoint.address) + 1) / endpoint.weight;
}
