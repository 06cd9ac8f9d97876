import type { Reservation } from '../scheduling/reservation.ts';

const mostAddresses = 65_536;

/**
 * This instance's requests in flight, exact. A count changes only by `reserve`, and by `move` and
 * the first `release` of that reservation. It is never negative; an address with nothing in flight
 * is removed.
 */
export class LocalCounts {
  readonly #counts = new Map<string, number>();
  #tokens: Map<string, number> | undefined;
  readonly #tokensInAll = new Map<string, number>();
  readonly #onChange: (address: string) => void;
  #total = 0;

  /** @param onChange called after every change; must be cheap, it runs in the path of a request */
  constructor(onChange: (address: string) => void = () => {}) {
    this.#onChange = onChange;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /**
   * Tokens of prompts assigned by address, since there was nothing in flight. undefined: no prompt
   * has been read so far.
   */
  get tokens(): ReadonlyMap<string, number> | undefined {
    return this.#tokens;
  }

  /** Tokens of prompts assigned to the address in all. */
  tokensInAll(address: string): number {
    return this.#tokensInAll.get(address) ?? 0;
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

  /** So many tokens of a prompt that is reserved next are not cached there. */
  assign(address: string, tokens: number): void {
    this.#tokens ??= new Map();
    addTo(this.#tokens, address, tokens);
    // Pods come and go in the life of an instance.
    if (this.#tokensInAll.size >= mostAddresses) this.#tokensInAll.clear();
    addTo(this.#tokensInAll, address, tokens);
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
    if (left === 0) {
      this.#counts.delete(address);
      this.#tokens?.delete(address);
    } else this.#counts.set(address, left);
    this.#onChange(address);
  }
}

function addTo(tokens: Map<string, number>, address: string, more: number): void {
  tokens.set(address, (tokens.get(address) ?? 0) + more);
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
