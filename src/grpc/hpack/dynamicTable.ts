import { type HeaderField, sizeOf } from './headerField.ts';

/**
 * The dynamic table: the fields that the peer's encoder added, newest first, within a size that
 * both sides compute alike (RFC 7541, section 4). A ring buffer, so adding and evicting move
 * nothing.
 */
export class DynamicTable {
  #ring: (HeaderField | undefined)[] = new Array(32);
  #newest = 0;
  #count = 0;
  #sizeBytes = 0;
  #limitBytes: number;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @param age 0 for the newest */
  at(age: number): HeaderField | undefined {
    return age < this.#count ? this.#ring[(this.#newest - age) & (this.#ring.length - 1)] : undefined;
  }

  /** A field larger than the whole table empties it and is not added (section 4.4). */
  add(field: HeaderField): void {
    const size = sizeOf(field);
    this.#evictUntil(this.#limitBytes - size);
    if (size > this.#limitBytes) return;
    if (this.#count === this.#ring.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#ring.length - 1);
    this.#ring[this.#newest] = field;
    this.#count += 1;
    this.#sizeBytes += size;
  }

  resize(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    this.#evictUntil(limitBytes);
  }

  #evictUntil(sizeBytes: number): void {
    while (this.#count > 0 && this.#sizeBytes > sizeBytes) {
      const index = (this.#newest - this.#count + 1) & (this.#ring.length - 1);
      this.#sizeBytes -= sizeOf(this.#ring[index] as HeaderField);
      this.#ring[index] = undefined;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const oldestFirst = Array.from({ length: this.#count }, (_, index) => this.at(this.#count - 1 - index));
    this.#ring = oldestFirst.concat(new Array(this.#count));
    this.#newest = this.#count - 1;
  }
}
