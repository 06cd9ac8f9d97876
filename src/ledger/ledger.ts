import type { ReservableLoad } from '../scheduling/reservation.ts';

/** Requests in flight by endpoint: exact local counts, and the last known counts of peers. */
export interface Ledger extends ReservableLoad {
  /** This instance's requests in flight, by address; only addresses with any. */
  local(): ReadonlyMap<string, number>;
  /** The unified view, by address; only addresses with any. */
  view(): ReadonlyMap<string, number>;
}
