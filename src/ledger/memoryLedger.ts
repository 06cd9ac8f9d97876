import type { Reservation } from '../scheduling/reservation.ts';
import type { Ledger } from './ledger.ts';
import { LocalCounts } from './localCounts.ts';

/** The ledger of a single instance: its local counts are the whole view. */
export class MemoryLedger implements Ledger {
  readonly #counts = new LocalCounts();

  reserve(address: string): Reservation {
    return this.#counts.reserve(address);
  }

  inFlight(address: string): number {
    return this.#counts.of(address);
  }

  localInFlight(address: string): number {
    return this.#counts.of(address);
  }

  unacknowledgedPicks(): number {
    return 0;
  }

  assignedTokens(address: string): number {
    return this.#counts.tokensInAll(address);
  }

  assign(address: string, tokens: number): void {
    this.#counts.assign(address, tokens);
  }

  local(): ReadonlyMap<string, number> {
    return this.#counts.counts;
  }

  view(): ReadonlyMap<string, number> {
    return this.#counts.counts;
  }
}
