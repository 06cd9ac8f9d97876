/** Pods come and go; what is known of the tokens of earlier ones is forgotten then. */
const mostAddresses = 65_536;

/**
 * What the peers have in flight: the total of each, and the sum of all by address, kept so that a
 * decision reads one number. While the watch does not follow, the numbers are stale: their weight
 * falls linearly to 0.
 */
export class PeerCounts {
  #counts = new CountSums();
  /** By address, of all peers that report them. */
  readonly #tokens = new Map<string, number>();
  /** Peers that do not report tokens. */
  readonly #withoutTokens = new Set<string>();
  readonly #staleDecayMs: number;
  readonly #nowMs: () => number;
  #staleSinceMs: number | undefined;

  /** @param nowMs a monotonic clock */
  constructor({ staleDecayMs, nowMs }: { staleDecayMs: number; nowMs: () => number }) {
    this.#staleDecayMs = staleDecayMs;
    this.#nowMs = nowMs;
  }

  /** By reporter, over all addresses; only reporters with any. */
  get totals(): ReadonlyMap<string, number> {
    return this.#counts.totals;
  }

  /** By address, without decay. */
  get sums(): ReadonlyMap<string, number> {
    return this.#counts.sums;
  }

  /** How many reporters have requests in flight, those in `without` left out. */
  busy(without: ReadonlySet<string> = none): number {
    const { totals } = this.#counts;
    let busy = totals.size;
    for (const reporter of without) if (totals.has(reporter)) busy -= 1;
    return busy;
  }

  of(address: string): number {
    const sum = this.#counts.sums.get(address);
    return sum === undefined ? 0 : sum * this.weight();
  }

  /** The weight of a peer's request: 1 while fresh, then falling to 0 over `staleDecayMs`. */
  weight(): number {
    if (this.#staleSinceMs === undefined) return 1;
    return Math.max(0, 1 - (this.#nowMs() - this.#staleSinceMs) / this.#staleDecayMs);
  }

  /** Since when the numbers are stale, in milliseconds; 0 while fresh. */
  ageMs(): number {
    return this.#staleSinceMs === undefined ? 0 : this.#nowMs() - this.#staleSinceMs;
  }

  /** Adds to one reporter's count on the address; the difference may be negative. */
  add(reporter: string, address: string, difference: number): void {
    this.#counts.add(reporter, address, difference);
  }

  /**
   * Tokens that peers have assigned to the address since they are followed; undefined: some of
   * those that have requests in flight do not report them.
   */
  tokens(address: string): number | undefined {
    for (const reporter of this.#withoutTokens) if (this.totals.has(reporter)) return undefined;
    return this.#tokens.get(address) ?? 0;
  }

  addTokens(address: string, tokens: number): void {
    if (this.#tokens.size >= mostAddresses) this.#tokens.clear();
    this.#tokens.set(address, (this.#tokens.get(address) ?? 0) + tokens);
  }

  reportsTokens(reporter: string, does: boolean): void {
    if (does) this.#withoutTokens.delete(reporter);
    else this.#withoutTokens.add(reporter);
  }

  /**
   * Takes the counts of a snapshot in place of all others; they are fresh.
   *
   * @param withoutTokens the peers that do not report tokens
   */
  replace(counts: CountSums, withoutTokens: ReadonlySet<string> = none): void {
    this.#counts = counts;
    this.#withoutTokens.clear();
    for (const reporter of withoutTokens) this.#withoutTokens.add(reporter);
    this.#staleSinceMs = undefined;
  }

  /** The watch no longer follows: the counts are stale, from now on or since an earlier moment. */
  markStale(sinceMs: number = this.#nowMs()): void {
    this.#staleSinceMs ??= sinceMs;
  }

  /** The watch follows again without a gap. */
  markFresh(): void {
    this.#staleSinceMs = undefined;
  }
}

/** Counts by reporter and by address, only those above 0. */
export class CountSums {
  readonly totals = new Map<string, number>();
  readonly sums = new Map<string, number>();

  /** The difference may be negative. */
  add(reporter: string, address: string, difference: number): void {
    addTo(this.totals, reporter, difference);
    addTo(this.sums, address, difference);
  }
}

const none: ReadonlySet<string> = new Set();

function addTo(counts: Map<string, number>, name: string, difference: number): void {
  const count = (counts.get(name) ?? 0) + difference;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
