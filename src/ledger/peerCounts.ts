/**
 * What the other instances have in flight: of each in total, and the sum of all by address, kept so that a
 * decision reads one number. While the store cannot be followed the numbers are frozen, and since nobody
 * corrects them any more they are given less and less weight until they count for nothing.
 */
export class PeerCounts {
  readonly #totals = new Map<string, number>();
  readonly #sums = new Map<string, number>();
  readonly #staleDecayMs: number;
  readonly #nowMs: () => number;
  #frozenAtMs: number | undefined;

  /** @param nowMs a clock that never jumps */
  constructor({ staleDecayMs, nowMs }: { staleDecayMs: number; nowMs: () => number }) {
    this.#staleDecayMs = staleDecayMs;
    this.#nowMs = nowMs;
  }

  /** By reporter, over all addresses; only of those with anything. */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }

  /** Unfaded sums, by address. */
  get sums(): ReadonlyMap<string, number> {
    return this.#sums;
  }

  /** How many contributors have anything in flight, some of them left out. */
  busy(without: ReadonlySet<string> = nobody): number {
    let busy = this.#totals.size;
    for (const reporter of without) if (this.#totals.has(reporter)) busy -= 1;
    return busy;
  }

  of(address: string): number {
    const sum = this.#sums.get(address);
    return sum === undefined ? 0 : sum * this.weight();
  }

  /** What a peer's request counts for: 1 while the store is followed, falling to 0 over `staleDecayMs` after. */
  weight(): number {
    if (this.#frozenAtMs === undefined) return 1;
    return Math.max(0, 1 - (this.#nowMs() - this.#frozenAtMs) / this.#staleDecayMs);
  }

  /** Milliseconds since the numbers were last known to be current; 0 while the store is followed. */
  ageMs(): number {
    return this.#frozenAtMs === undefined ? 0 : this.#nowMs() - this.#frozenAtMs;
  }

  /** One reporter has so many more in flight on the address, or fewer. */
  add(reporter: string, address: string, difference: number): void {
    addTo(this.#totals, reporter, difference);
    addTo(this.#sums, address, difference);
  }

  /** Forgets everything, to be told what the store holds now, and believes it. */
  reset(): void {
    this.#totals.clear();
    this.#sums.clear();
    this.#frozenAtMs = undefined;
  }

  /** The store can no longer be followed: what is known grows old, from now on or from an earlier moment. */
  markStale(sinceMs: number = this.#nowMs()): void {
    this.#frozenAtMs ??= sinceMs;
  }

  /** The store is followed again without a gap. */
  markFresh(): void {
    this.#frozenAtMs = undefined;
  }
}

const nobody: ReadonlySet<string> = new Set();

function addTo(counts: Map<string, number>, name: string, difference: number): void {
  const count = (counts.get(name) ?? 0) + difference;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
