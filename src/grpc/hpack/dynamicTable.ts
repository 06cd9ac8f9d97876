import { type HeaderField, sizeOf } from './headerField.ts';

/**
 * The fields that the peer had us remember, newest first, within a size both sides count alike
 * (RFC 7541, section 4). A ring: adding and dropping move nothing.
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

  /** A field larger than the whole table empties it and is not kept. */
  add(field: HeaderField): void {
    const size = sizeOf(field);
    this.#dropUntil(this.#limitBytes - size);
    if (size > this.#limitBytes) return;
    if (this.#count === this.#ring.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#ring.length - 1);
    this.#ring[this.#newest] = field;
    this.#count += 1;
    this.#sizeBytes += size;
  }

  limitTo(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    this.#dropUntil(limitBytes);
  }

  #dropUntil(sizeBytes: number): void {
    while (this.#count > 0 && this.#sizeBytes > sizeBytes) {
      const place = (this.#newest - this.#count + 1) & (this.#ring.length - 1);
      this.#sizeBytes -= sizeOf(this.#ring[place] as HeaderField);
      this.#ring[place] = undefined;
      this.#count -= 1;
    }
  }

  #grow(): void {
    const oldestFirst = Array.from({ length: this.#count }, (_, index) => this.at(this.#count - 1 - index));
    this.#ring = oldestFirst.concat(new Array(this.#count));
    this.#newest = this.#count - 1;
  }
}
