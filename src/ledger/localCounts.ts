import type { Reservation } from '../scheduling/reservation.ts';

/**
 * This instance's requests in flight, exact. A count changes only by `reserve`, and by `move` and
 * the first `release` of that reservation. It is never negative; an address with nothing in flight
 * is removed.
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
    this.#add(address);
    this.#total += 1;
    let current = address;
    let isHeld = true;
    return {
      get address() {
        return current;
      },
      move: (to) => {
        if (!isHeld || to === current) return;
        this.#take(current);
        current = to;
        this.#add(to);
      },
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#total -= 1;
        this.#take(current);
      },
    };
  }

  #add(address: string): void {
    this.#counts.set(address, this.of(address) + 1);
    this.#onChange(address);
  }

  #take(address: string): void {
    const left = this.of(address) - 1;
    if (left === 0) this.#counts.delete(address);
    else this.#counts.set(address, left);
    this.#onChange(address);
  }
}
