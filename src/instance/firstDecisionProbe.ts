import type { FirstDecision } from '../admin/state.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SchedulingRequest } from '../request/schedulingRequest.ts';
import type { Decision } from '../scheduling/scheduler.ts';

/**
 * Records the view behind the first decision that routed a request. It shows that a new instance
 * starts with the counts of its peers.
 */
export class FirstDecisionProbe {
  readonly #ledger: Pick<Ledger, 'view'>;
  readonly #onFirst: (first: FirstDecision) => void;
  #first: FirstDecision | undefined;

  constructor(ledger: Pick<Ledger, 'view'>, onFirst: (first: FirstDecision) => void) {
    this.#ledger = ledger;
    this.#onFirst = onFirst;
  }

  get first(): FirstDecision | undefined {
    return this.#first;
  }

  /** Returns the same function, observed until its first routing decision. */
  wrap(schedule: (request: SchedulingRequest) => Decision): (request: SchedulingRequest) => Decision {
    return (request) => {
      if (this.#first !== undefined) return schedule(request);
      const view = Object.fromEntries(this.#ledger.view());
      const decision = schedule(request);
      if (decision.kind === 'route') {
        this.#first = { at: new Date().toISOString(), view, endpoint: decision.endpoint.address };
        try {
          this.#onFirst(this.#first);
        } catch (error) {
          decision.reservation.release();
          throw error;
        }
      }
      return decision;
    };
  }
}
