import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Endpoint } from '../scheduling/endpoint.ts';
import type { Load } from '../scheduling/load.ts';
import { leastRequestPolicy } from '../scheduling/policies/leastRequest.ts';
import type { Policy, PolicyDefinition } from '../scheduling/policy.ts';

/** Receives what an extension throws, or what is wrong with what it returns. */
export type ReportExtensionError = (name: string, cause: unknown) => void;

/**
 * The policy of an extension, such that its errors harm nothing: where it throws or returns
 * something else than a candidate, `least-request` places the request.
 *
 * @throws what its `create` throws
 */
export function containPolicy(definition: PolicyDefinition, report: ReportExtensionError): PolicyDefinition {
  const { name, summary } = definition;
  return {
    name,
    summary,
    create: (options) =>
      new ContainedPolicy(name, definition.create(options), leastRequestPolicy.create(options), report),
  };
}

class ContainedPolicy implements Policy {
  readonly name: string;
  readonly reads?: NonNullable<Policy['reads']>;
  readonly costs?: NonNullable<Policy['costs']>;
  readonly #policy: Policy;
  readonly #fallback: Policy;
  readonly #report: ReportExtensionError;

  constructor(name: string, policy: Policy, fallback: Policy, report: ReportExtensionError) {
    this.name = name;
    this.#policy = policy;
    this.#fallback = fallback;
    this.#report = report;
    if (policy.reads !== undefined) this.reads = policy.reads;
    if (policy.costs !== undefined) this.costs = (...decision) => this.#costs(...decision);
  }

  choose(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): Endpoint {
    try {
      const chosen = this.#policy.choose(candidates, load, request);
      if (candidates.includes(chosen)) return chosen;
      throw new Error('choose returned something else than one of the candidates');
    } catch (error) {
      this.#report(this.name, error);
      return this.#fallback.choose(candidates, load, request);
    }
  }

  onPicked(endpoint: Endpoint, candidates: readonly Endpoint[], request: SchedulingRequest): void {
    try {
      this.#policy.onPicked?.(endpoint, candidates, request);
    } catch (error) {
      this.#report(this.name, error);
    }
  }

  #costs(candidates: readonly Endpoint[], load: Load, request: SchedulingRequest): number[] {
    try {
      const costs = this.#policy.costs?.(candidates, load, request) ?? [];
      if (costs.length === candidates.length && costs.every(isCost)) return [...costs];
      throw new Error('costs returned something else than a number, 0 or more, for each candidate');
    } catch (error) {
      this.#report(this.name, error);
      return candidates.map(() => 0);
    }
  }
}

function isCost(cost: number): boolean {
  return cost >= 0 && Number.isFinite(cost);
}
