/** Something in an instance's life that a person would want to read later: a phase change, a lease lost. */
export interface LifeEvent {
  /** Counts up from 1; a gap to the oldest one listed shows how many were dropped. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly at: string;
  /** A few fixed words, such as `phase`, `lease`, `peer`, `pool`. */
  readonly kind: string;
  /** For people. */
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Remembers the last events in memory. It is no log: it forgets, and nothing is written anywhere. */
export class EventLog {
  readonly #now: () => Date;
  readonly #capacity: number;
  readonly #events: LifeEvent[] = [];
  #sequence = 0;

  constructor({ now, capacity = 200 }: { now: () => Date; capacity?: number }) {
    this.#now = now;
    this.#capacity = capacity;
  }

  add(kind: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#sequence += 1;
    this.#events.push({ sequence: this.#sequence, at: this.#now().toISOString(), kind, message, fields });
    if (this.#events.length > this.#capacity) this.#events.shift();
  }

  /** Oldest first. */
  list(): readonly LifeEvent[] {
    return [...this.#events];
  }
}
