import type { Load } from './load.ts';

/** One request's hold on an endpoint. */
export interface Reservation {
  readonly address: string;
  /** The request runs on another endpoint. Does nothing after the release. */
  move(address: string): void;
  /** Gives the hold back. Later calls do nothing. */
  release(): void;
}

/** The load of endpoints, and reservations that count in it at once. The ledgers implement it. */
export interface ReservableLoad extends Load {
  reserve(address: string): Reservation;
  /** As `Load` has it; a load that wraps another one passes it on. */
  assignedTokens(address: string): number | undefined;
}
