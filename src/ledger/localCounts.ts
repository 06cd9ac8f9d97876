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
    return new LocalReservation(this, address);
  }

  /** For its reservations only: a request runs on another endpoint. */
  moved(from: string, to: string): void {
    this.#take(from);
    this.#add(to);
  }

  /** For its reservations only: a request has ended. */
  released(address: string): void {
    this.#total -= 1;
    this.#take(address);
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

/** A class: an object of closures would cost each request several allocations. */
class LocalReservation implements Reservation {
  readonly #counts: LocalCounts;
  #address: string;
  #isHeld = true;

  constructor(counts: LocalCounts, address: string) {
    this.#counts = counts;
    this.#address = address;
  }

  get address(): string {
    return this.#address;
  }

  move(to: string): void {
    if (!this.#isHeld || to === this.#address) return;
    this.#counts.moved(this.#address, to);
    this.#address = to;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#counts.released(this.#address);
  }
}
