/**
 * The requests that a pod runs at once, and the queue of those that wait for a slot, first in,
 * first out. It knows nothing of what runs in a slot.
 */
export interface Slot {
  /** Gives the slot to the next in the queue, or leaves the queue. Has an effect once. */
  release(): void;
}

interface Claim {
  state: 'waiting' | 'running' | 'released';
  readonly granted: (slot: Slot) => void;
  readonly slot: Slot;
}

export class Slots {
  readonly size: number;
  readonly #waiting = new Set<Claim>();
  #running = 0;
  #maxRunning = 0;
  #isGranting = false;

  constructor(size: number) {
    this.size = size;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** The maximum that ran at once. */
  get maxRunning(): number {
    return this.#maxRunning;
  }

  /** Calls `granted` when a slot is free, which may be before this returns. */
  acquire(granted: (slot: Slot) => void): Slot {
    const claim: Claim = { state: 'waiting', granted, slot: { release: () => this.#release(claim) } };
    this.#waiting.add(claim);
    this.#grant();
    return claim.slot;
  }

  #release(claim: Claim): void {
    if (claim.state === 'waiting') this.#waiting.delete(claim);
    if (claim.state === 'running') this.#running--;
    claim.state = 'released';
    this.#grant();
  }

  /** A loop, not a recursion: the holder of a slot may release it at once, thousands in a row. */
  #grant(): void {
    if (this.#isGranting) return;
    this.#isGranting = true;
    try {
      for (const claim of this.#waiting) {
        if (this.#running >= this.size) break;
        this.#waiting.delete(claim);
        claim.state = 'running';
        this.#running++;
        this.#maxRunning = Math.max(this.#maxRunning, this.#running);
        claim.granted(claim.slot);
      }
    } finally {
      this.#isGranting = false;
    }
  }
}
