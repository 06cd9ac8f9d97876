import type { FirstDecision } from '../admin/state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';

/** Makes decisions, and remembers the view behind the first that named an endpoint. */
export class FirstDecisionProbe {
  readonly #onFirst: (first: FirstDecision) => void;
  #first: FirstDecision | undefined;

  constructor(onFirst: (first: FirstDecision) => void) {
    this.#onFirst = onFirst;
  }

  get first(): FirstDecision | undefined {
    return this.#first;
  }

  wrap(
    schedule: (facts: SchedulingRequest) => Decision,
    ledger: Ledger,
  ): (facts: SchedulingRequest) => Decision {
    return (facts) => {
      if (this.#first !== undefined) return schedule(facts);
      const view = Object.fromEntries(ledger.view());
      const decision = schedule(facts);
      if (decision.kind === 'route') {
        this.#first = { at: new Date().toISOString(), view, endpoint: decision.endpoint.address };
        this.#onFirst(this.#first);
      }
      return decision;
    };
  }
}
