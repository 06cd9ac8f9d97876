import type { Load } from '../scheduling/load.ts';

/** One request's hold on an endpoint. */
export interface Reservation {
  readonly address: string;
  /** Gives the hold back. The first call counts, the rest do nothing. */
  release(): void;
}

/** Who is busy with how much: this instance's own exact counts and what it knows of its peers'. */
export interface Ledger extends Load {
  reserve(address: string): Reservation;
  /** This instance's own requests in flight, by address; only addresses with any. */
  local(): ReadonlyMap<string, number>;
  /** The unified view, by address; only addresses with any. */
  view(): ReadonlyMap<string, number>;
}
