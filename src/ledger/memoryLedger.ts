import type { Reservation } from '../scheduling/reservation.ts';
import type { Ledger } from './ledger.ts';
import { LocalCounts } from './localCounts.ts';

/** The ledger of an instance that is alone: its own counts are the whole view. */
export class MemoryLedger implements Ledger {
  readonly #own = new LocalCounts();

  reserve(address: string): Reservation {
    return this.#own.reserve(address);
  }

  inFlight(address: string): number {
    return this.#own.of(address);
  }

  localInFlight(address: string): number {
    return this.#own.of(address);
  }

  unacknowledgedPicks(): number {
    return 0;
  }

  local(): ReadonlyMap<string, number> {
    return this.#own.counts;
  }

  view(): ReadonlyMap<string, number> {
    return this.#own.counts;
  }
}
