import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Endpoint } from './endpoint.ts';
import type { EngineReadings } from './engineReading.ts';
import type { Load, Random } from './load.ts';
import type { ModelEvidence } from './modelEvidence.ts';
import type { PlacedPrompts } from './placedPrompts.ts';
import type { PodAbilities } from './podWork.ts';

/** Chooses one of the candidates. Its only state may be what it has picked. */
export interface Policy {
  readonly name: string;
  /** What it reads of a request that is not read otherwise. Default: nothing. */
  readonly reads?: readonly RequestFact[];
  /** The policy that it stands for, now. Default: itself. */
  current?(): Policy;
  /**
   * Changes no state, so a choice can be asked for without being made.
   *
   * @param candidates at least one, in no particular order
   */
  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint;
  /**
   * What each candidate would cost, in their order: 0 or more, the lowest is the best. For mixes
   * and explanations. Undefined: its choice does not come from a comparison.
   */
  costs?(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): readonly number[];
  /**
   * Other candidates for Envoy's retries, best first; at most two. Default: less loaded ones of a
   * sample.
   */
  alternates?(
    chosen: Endpoint,
    candidates: readonly Endpoint[],
    load: Load,
    request: SchedulingRequest,
  ): readonly Endpoint[] | undefined;
  /** Tokens of the request's prompt that it takes to be cached there; undefined: it knows none. */
  cachedTokens?(endpoint: Endpoint, request: SchedulingRequest): number | undefined;
  /** The request goes to this endpoint, which was chosen from these candidates. */
  onPicked?(endpoint: Endpoint, candidates: readonly Endpoint[], request: SchedulingRequest): void;
}

/** Parts of a SchedulingRequest that are read only for a policy that needs them. */
export type RequestFact = 'model' | 'session' | 'prompt';

/** What a policy is created from. */
export interface PolicyOptions {
  readonly random: Random;
  readonly affinity: {
    /**
     * An endpoint whose load for its weight is above this many times the mean gets no request for
     * affinity's sake; at least 1.
     */
    readonly loadFactor: number;
  };
  readonly pods: PodAbilities;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** Default: pods say nothing of themselves. */
  readonly readings?: EngineReadings;
  /** Where prompts went, for those who follow or feed it. Default: one of the policy's own. */
  readonly placed?: PlacedPrompts;
  /** What is known of the pool. Default: nothing. */
  readonly evidence?: () => ModelEvidence;
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
