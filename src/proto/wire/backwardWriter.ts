const firstBytes = 1024;

/**
 * Writes a protobuf message from its end to its beginning. So the length of a nested message is
 * known when its turn comes, and nothing is measured twice or copied. The last field is written
 * first:
 *
 *     const end = writer.place;
 *     writer.text(2, 'value');
 *     writer.text(1, 'key');
 *     writer.wrap(1, end);
 */
export class BackwardWriter {
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  /** How much is written, from the end. */
  #length = 0;

  /** A place to give to `wrap`. */
  get place(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** What is written, in the right order; good until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(this.#bytes.length - this.#length);
  }

  /** A string or bytes field. All characters are ASCII. */
  text(field: number, text: string): void {
    const start = this.#take(text.length);
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i += 1) bytes[start + i] = text.charCodeAt(i);
    this.#varint(text.length);
    this.#tag(field, 2);
  }

  /** A number or enum field. */
  number(field: number, value: number): void {
    this.#varint(value);
    this.#tag(field, 0);
  }

  /** Makes a nested message of everything written since `place` was taken. */
  wrap(field: number, place: number): void {
    this.#varint(this.#length - place);
    this.#tag(field, 2);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    const bytes = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
    let place = this.#take(bytes);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[place] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
      place += 1;
    }
    this.#bytes[place] = rest;
  }

  /** @returns where the next `count` bytes go */
  #take(count: number): number {
    this.#length += count;
    if (this.#length > this.#bytes.length) this.#grow(this.#length - count);
    return this.#bytes.length - this.#length;
  }

  #grow(written: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#length, this.#bytes.length * 2));
    this.#bytes.copy(larger, larger.length - written, this.#bytes.length - written);
    this.#bytes = larger;
  }
}
