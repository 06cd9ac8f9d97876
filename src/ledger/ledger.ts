import type { ReservableLoad } from '../scheduling/reservation.ts';

/** Requests in flight by endpoint: exact local counts, and the last known counts of peers. */
export interface Ledger extends ReservableLoad {
  /** The next reservation there is of a prompt with this many tokens that are not cached. */
  assign(address: string, tokens: number): void;
  /** This instance's requests in flight, by address; only addresses with any. */
  local(): ReadonlyMap<string, number>;
  /** The unified view, by address; only addresses with any. */
  view(): ReadonlyMap<string, number>;
}
