const none: ReadonlyMap<string, number> = new Map();

/**
 * What the other instances have in flight: each one's last contribution, and their sum, kept so that a
 * decision reads one number. While the store cannot be followed the numbers are frozen, and since nobody
 * corrects them any more they are given less and less weight until they count for nothing.
 */
export class PeerCounts {
  readonly #contributions = new Map<string, ReadonlyMap<string, number>>();
  readonly #sums = new Map<string, number>();
  readonly #fadeMs: number;
  readonly #nowMs: () => number;
  #busy = 0;
  #frozenAtMs: number | undefined;

  /** @param nowMs a clock that never jumps */
  constructor({ fadeMs, nowMs }: { fadeMs: number; nowMs: () => number }) {
    this.#fadeMs = fadeMs;
    this.#nowMs = nowMs;
  }

  /** The last contribution of each, by contributor. */
  get contributions(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    return this.#contributions;
  }

  /** Unfaded sums, by address. */
  get sums(): ReadonlyMap<string, number> {
    return this.#sums;
  }

  /** How many contributors have anything in flight. */
  get busy(): number {
    return this.#busy;
  }

  of(address: string): number {
    const sum = this.#sums.get(address);
    return sum === undefined ? 0 : sum * this.weight();
  }

  /** What a peer's request counts for: 1 while the store is followed, falling to 0 over `fadeMs` after. */
  weight(): number {
    if (this.#frozenAtMs === undefined) return 1;
    return Math.max(0, 1 - (this.#nowMs() - this.#frozenAtMs) / this.#fadeMs);
  }

  /** Milliseconds since the numbers were last known to be current; 0 while the store is followed. */
  ageMs(): number {
    return this.#frozenAtMs === undefined ? 0 : this.#nowMs() - this.#frozenAtMs;
  }

  /** Replaces what one contributor has in flight. */
  set(contributor: string, counts: ReadonlyMap<string, number>): void {
    const old = this.#contributions.get(contributor) ?? none;
    this.#contributions.set(contributor, counts);
    this.#busy += Number(counts.size > 0) - Number(old.size > 0);
    // Most counts are as they were: only differences touch the sums.
    for (const [address, count] of counts) this.#add(address, count - (old.get(address) ?? 0));
    for (const [address, count] of old) if (!counts.has(address)) this.#add(address, -count);
  }

  delete(contributor: string): void {
    this.set(contributor, none);
    this.#contributions.delete(contributor);
  }

  /** Replaces everything with what the store holds now, and believes it. */
  replaceAll(contributions: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    this.#contributions.clear();
    this.#sums.clear();
    this.#busy = 0;
    for (const [contributor, counts] of contributions) this.set(contributor, counts);
    this.#frozenAtMs = undefined;
  }

  /** The store can no longer be followed: what is known grows old, from now on or from an earlier moment. */
  freeze(sinceMs: number = this.#nowMs()): void {
    this.#frozenAtMs ??= sinceMs;
  }

  /** The store is followed again without a gap. */
  thaw(): void {
    this.#frozenAtMs = undefined;
  }

  #add(address: string, difference: number): void {
    if (difference === 0) return;
    const sum = (this.#sums.get(address) ?? 0) + difference;
    if (sum > 0) this.#sums.set(address, sum);
    else this.#sums.delete(address);
  }
}
