const initialBytes = 1024;

/**
 * Encodes a protobuf message from its end to its beginning. The length of a nested message is then
 * known when it is needed, so nothing is measured twice or copied. The last field is written first:
 *
 *     const end = writer.position;
 *     writer.text(2, 'value');
 *     writer.text(1, 'key');
 *     writer.wrap(1, end);
 */
export class BackwardWriter {
  #bytes = Buffer.allocUnsafeSlow(initialBytes);
  /** How many bytes are written, from the end. */
  #length = 0;

  /** The position for `wrap`. */
  get position(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** The written message; valid until the next write. */
  written(): Buffer {
    return this.#bytes.subarray(this.#bytes.length - this.#length);
  }

  /** A string or bytes field. All characters must be ASCII. */
  text(field: number, text: string): void {
    const start = this.#reserve(text.length);
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i += 1) bytes[start + i] = text.charCodeAt(i);
    this.#varint(text.length);
    this.#tag(field, 2);
  }

  /**
   * A number or enum field.
   *
   * @throws RangeError when the value is below 0 or above 2^53 - 1
   */
  number(field: number, value: number): void {
    this.#varint(value);
    this.#tag(field, 0);
  }

  /** Turns everything written since `position` was read into a nested message. */
  wrap(field: number, position: number): void {
    this.#varint(this.#length - position);
    this.#tag(field, 2);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    let rest = value;
    let bytes = value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4;
    // Bitwise operators have 32 bits, and four bytes have 28.
    if (!(value >= 0 && value < 0x1000_0000)) bytes = bytesOfLarge(value);
    let offset = this.#reserve(bytes);
    for (; rest >= 0x1000_0000; rest = Math.floor(rest / 0x80)) {
      this.#bytes[offset] = (rest % 0x80) | 0x80;
      offset += 1;
    }
    while (rest >= 0x80) {
      this.#bytes[offset] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
      offset += 1;
    }
    this.#bytes[offset] = rest;
  }

  /** @returns the offset of the next `count` bytes */
  #reserve(count: number): number {
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

/** How many bytes a varint of at least 2^28 takes. */
function bytesOfLarge(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no varint`);
  let bytes = 5;
  for (let rest = value / 2 ** 35; rest >= 1; rest /= 0x80) bytes += 1;
  return bytes;
}
