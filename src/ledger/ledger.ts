import type { ReservableLoad } from '../scheduling/reservation.ts';

/** Who is busy with how much: this instance's own exact counts and what it knows of its peers'. */
export interface Ledger extends ReservableLoad {
  /** This instance's own requests in flight, by address; only addresses with any. */
  local(): ReadonlyMap<string, number>;
  /** The unified view, by address; only addresses with any. */
  view(): ReadonlyMap<string, number>;
}
