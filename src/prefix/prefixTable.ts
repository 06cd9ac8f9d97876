/** Slots of a new table; a power of two, as all sizes are. */
const fewestSlots = 128;
/** Above this share of used slots probes become long. */
const fullest = 0.75;
/** Of all tables that are empty, and never written: there may be one for each of 10,000 pods. */
const emptySlots = new Uint32Array(2 * fewestSlots);

/**
 * Keys with the time of their last use: a set in which the latest stamp of a key counts, so
 * adding is commutative and idempotent, as long as nothing is dropped.
 *
 * One typed array with open addressing: 8 bytes a slot, and a quarter to two thirds of the slots
 * are free. A lookup is one or two cache lines.
 */
export class PrefixTable {
  /** With more, the oldest are dropped. */
  mostEntries: number;
  /** Key and stamp, one after the other; stamp 0: the slot is free. */
  #slots = emptySlots;
  #size = 0;
  /**
   * Earlier ones were dropped for want of room, and none is taken any more: entries of one prompt
   * have one stamp, and what is left of them without the others would be a cut without those
   * before it.
   */
  #earliest = 0;

  constructor(mostEntries: number) {
    this.mostEntries = mostEntries;
  }

  get size(): number {
    return this.#size;
  }

  /** Memory of the slots. */
  get bytes(): number {
    return this.#slots === emptySlots ? 0 : this.#slots.byteLength;
  }

  /** The latest stamp of the key; 0: it is not there. */
  stampOf(key: number): number {
    return this.#slots[this.#find(key) + 1] as number;
  }

  /**
   * @param key 32 bits, well mixed
   * @param stamp in [1, 2^32)
   * @param oldest where room is needed, entries with an earlier stamp are dropped first
   * @returns whether it is news
   */
  add(key: number, stamp: number, oldest: number): boolean {
    let at = this.#find(key);
    const before = this.#slots[at + 1] as number;
    if (stamp <= before || stamp < this.#earliest) return false;
    if (before === 0) {
      if (this.#size + 1 > (fullest * this.#slots.length) / 2 || this.#slots === emptySlots) {
        this.#makeRoom(oldest);
        if (stamp < this.#earliest) return false;
        at = this.#find(key);
      }
      this.#slots[at] = key;
      this.#size += 1;
    }
    this.#slots[at + 1] = stamp;
    return true;
  }

  /** Makes every entry so much later. */
  shift(by: number): void {
    for (let at = 1; at < this.#slots.length; at += 2) {
      if (this.#slots[at] !== 0) this.#slots[at] = (this.#slots[at] as number) + by;
    }
    if (this.#earliest > 0) this.#earliest += by;
  }

  clear(): void {
    this.#earliest = 0;
    this.#slots = emptySlots;
    this.#size = 0;
  }

  forEach(visit: (key: number, stamp: number) => void): void {
    for (let at = 0; at < this.#slots.length; at += 2) {
      const stamp = this.#slots[at + 1] as number;
      if (stamp !== 0) visit(this.#slots[at] as number, stamp);
    }
  }

  /** The index of the key, or of the free slot where it would be. */
  #find(key: number): number {
    const mask = this.#slots.length - 1;
    let at = (2 * key) & mask;
    while (this.#slots[at + 1] !== 0 && this.#slots[at] !== key) at = (at + 2) & mask;
    return at;
  }

  /** Drops what is too old, and moves the rest into as many slots as it needs. */
  #makeRoom(oldest: number): void {
    const stamps: number[] = [];
    this.forEach((_key, stamp) => {
      if (stamp >= oldest) stamps.push(stamp);
    });
    let from = oldest;
    let count = stamps.length;
    if (count >= this.mostEntries) {
      stamps.sort((a, b) => a - b);
      // The newest may be of a prompt that is being added, so they stay.
      from = Math.min((stamps[count >> 1] as number) + 1, stamps[count - 1] as number);
      count -= stamps.findIndex((stamp) => stamp >= from);
      this.#earliest = from;
    }
    let slots = fewestSlots;
    while (2 * count > slots * fullest) slots *= 2;
    const kept = this.#slots;
    this.#slots = new Uint32Array(2 * slots);
    this.#size = 0;
    for (let at = 0; at < kept.length; at += 2) {
      const stamp = kept[at + 1] as number;
      if (stamp < from || stamp === 0) continue;
      const free = this.#find(kept[at] as number);
      this.#slots[free] = kept[at] as number;
      this.#slots[free + 1] = stamp;
      this.#size += 1;
    }
  }
}
