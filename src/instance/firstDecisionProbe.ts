import type { Ledger } from '../ledger/ledger.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';

/** What an instance believed when it decided for the first time: the proof that it did not begin at zero. */
export interface FirstDecision {
  /** ISO 8601. */
  readonly at: string;
  /** Requests in flight by address, before the decision. */
  readonly view: Readonly<Record<string, number>>;
  readonly endpoint: string;
}

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
