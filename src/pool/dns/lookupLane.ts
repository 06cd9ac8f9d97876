/** Something that waits for its turn in a lane. */
export interface LaneEntry {
  /** Did it take too long the last time, or does it now? */
  readonly isSlow: boolean;
}

/**
 * Bounds how many lookups run at once, pure. Those that wait get their turn in the order in which
 * they came; those that are slow may hold only some of the places, so that names whose server does
 * not answer never keep the others waiting for long.
 */
export class LookupLane<Entry extends LaneEntry> {
  readonly #places: number;
  readonly #placesOfSlow: number;
  readonly #waiting: Entry[] = [];
  readonly #running = new Set<Entry>();

  constructor(places: number, placesOfSlow: number) {
    this.#places = places;
    this.#placesOfSlow = placesOfSlow;
  }

  get waiting(): readonly Entry[] {
    return this.#waiting;
  }

  /** Every place is held by something that is late. */
  get isBlocked(): boolean {
    return this.#running.size >= this.#places && this.#slowOnes === this.#running.size;
  }

  add(entry: Entry): void {
    this.#waiting.push(entry);
  }

  /** The next one that may run, which runs from now on. */
  next(): Entry | undefined {
    if (this.#running.size >= this.#places) return undefined;
    const isSlowAllowed = this.#slowOnes < this.#placesOfSlow;
    const index = this.#waiting.findIndex(({ isSlow }) => isSlowAllowed || !isSlow);
    const [entry] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (entry !== undefined) this.#running.add(entry);
    return entry;
  }

  /** It runs no longer, or waits no longer. */
  remove(entry: Entry): void {
    if (this.#running.delete(entry)) return;
    const index = this.#waiting.indexOf(entry);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  get #slowOnes(): number {
    return [...this.#running].filter(({ isSlow }) => isSlow).length;
  }
}
