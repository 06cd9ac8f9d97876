import type { Reservation } from '../scheduling/reservation.ts';

/**
 * This instance's requests in flight, exact. A count changes only by `reserve` and by the first
 * `release` of that reservation. It is never negative; an address with nothing in flight is
 * removed.
 */
export class LocalCounts {
  readonly #counts = new Map<string, number>();
  readonly #onChange: (address: string) => void;
  #total = 0;

  /** @param onChange called after every change; must be cheap, it runs in the path of a request */
  constructor(onChange: (address: string) => void = () => {}) {
    this.#onChange = onChange;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Over all addresses. */
  get total(): number {
    return this.#total;
  }

  of(address: string): number {
    return this.#counts.get(address) ?? 0;
  }

  reserve(address: string): Reservation {
    this.#counts.set(address, this.of(address) + 1);
    this.#total += 1;
    this.#onChange(address);
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      this.#take(address);
    };
    return { address, release };
  }

  #take(address: string): void {
    const left = this.of(address) - 1;
    if (left === 0) this.#counts.delete(address);
    else this.#counts.set(address, left);
    this.#total -= 1;
    this.#onChange(address);
  }
}
