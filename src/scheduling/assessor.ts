import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Endpoint } from './endpoint.ts';
import type { Load } from './load.ts';
import type { Policy } from './policy.ts';

/** What its policy says of a pick, for a trace. */
export interface Assessment {
  /** Among the candidates; absent where the policy compares no costs, or the pool is large. */
  readonly cost?: number;
  /** Tokens of its prompt that the policy takes to be cached there. */
  readonly cachedTokens?: number;
}

/** Costs of more candidates take longer than the decision. */
const mostCompared = 256;

/**
 * Assesses picks between choice and reservation. The assessment is taken in the same turn of the
 * event loop. Only a scheduler whose decisions are traced has one.
 */
export class Assessor {
  readonly #isTraced: (request: SchedulingRequest) => boolean;
  #last: Assessment | undefined;

  constructor(isTraced: (request: SchedulingRequest) => boolean) {
    this.#isTraced = isTraced;
  }

  assess(
    policy: Policy,
    endpoint: Endpoint,
    candidates: readonly Endpoint[],
    load: Load,
    request: SchedulingRequest,
  ): void {
    this.#last = undefined;
    if (!this.#isTraced(request)) return;
    const isSmall = candidates.length <= mostCompared;
    const cost = isSmall
      ? policy.costs?.(candidates, load, request)[candidates.indexOf(endpoint)]
      : undefined;
    const cachedTokens = policy.cachedTokens?.(endpoint, request);
    this.#last = {
      ...(cost !== undefined && { cost }),
      ...(cachedTokens !== undefined && { cachedTokens }),
    };
  }

  /** Of the last pick, once. */
  take(): Assessment | undefined {
    const last = this.#last;
    this.#last = undefined;
    return last;
  }
}
