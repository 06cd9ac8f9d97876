import type { Ledger, Reservation } from './ledger.ts';
import { OwnCounts } from './ownCounts.ts';

/** The ledger of an instance that is alone: its own counts are the whole view. */
export class MemoryLedger implements Ledger {
  readonly #own = new OwnCounts();

  reserve(address: string): Reservation {
    return this.#own.reserve(address);
  }

  inFlight(address: string): number {
    return this.#own.of(address);
  }

  ownInFlight(address: string): number {
    return this.#own.of(address);
  }

  unseen(): number {
    return 0;
  }

  own(): ReadonlyMap<string, number> {
    return this.#own.counts;
  }

  view(): ReadonlyMap<string, number> {
    return this.#own.counts;
  }
}
