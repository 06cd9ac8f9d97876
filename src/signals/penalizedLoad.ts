import type { ReservableLoad, Reservation } from '../scheduling/reservation.ts';

export interface Penalties {
  /** Of this instance, by address. */
  penalties(address: string): number;
  readonly schedulers: number;
}

/**
 * The load as decisions see it: a pod whose exchanges end too early looks as busy as if they had
 * lasted as long as usual. Otherwise a pod that fails fast would be the least loaded one, and draw
 * the traffic. The counts themselves stay exact.
 */
export class PenalizedLoad implements ReservableLoad {
  readonly #load: ReservableLoad;
  readonly #penalties: Penalties;

  constructor(load: ReservableLoad, penalties: Penalties) {
    this.#load = load;
    this.#penalties = penalties;
  }

  reserve(address: string): Reservation {
    return this.#load.reserve(address);
  }

  /** Peers do not report their penalties, so each is taken to have as many. */
  inFlight(address: string): number {
    const penalties = this.#penalties.penalties(address);
    const inFlight = this.#load.inFlight(address);
    return penalties === 0 ? inFlight : inFlight + penalties * this.#penalties.schedulers;
  }

  localInFlight(address: string): number {
    return this.#load.localInFlight(address) + this.#penalties.penalties(address);
  }

  unacknowledgedPicks(): number {
    return this.#load.unacknowledgedPicks();
  }

  assignedTokens(address: string): number | undefined {
    return this.#load.assignedTokens(address);
  }
}
