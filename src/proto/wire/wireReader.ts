/** The bytes are no protobuf message, or not of the type they should be. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

export const wireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

/** Deeper than any message is nested. */
const deepestGroup = 100;

/**
 * Walks over the wire form of a protobuf message, field by field, without making objects of what is
 * not wanted:
 *
 *     while (reader.next()) {
 *       if (reader.field === 3) …reader.varint()
 *       else reader.skip();
 *     }
 *
 * A nested message is read by `enter`, the same loop, and `leave`.
 */
export class WireReader {
  readonly bytes: Buffer;
  /** Of the field at hand. */
  field = 0;
  #wireType = 0;
  #place: number;
  #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#place = start;
    this.#end = end;
  }

  get place(): number {
    return this.#place;
  }

  /** @returns false at the end of the message */
  next(): boolean {
    if (this.#place >= this.#end) return false;
    const tag = this.#readVarint();
    this.field = Math.floor(tag / 8);
    this.#wireType = tag & 7;
    if (this.field === 0) throw new MalformedMessage('a field without a number');
    return true;
  }

  /** Is the field at hand this one, in the form it has to have? */
  isBytes(field: number): boolean {
    return this.field === field && this.#wireType === wireType.bytes;
  }

  isVarint(field: number): boolean {
    return this.field === field && this.#wireType === wireType.varint;
  }

  varint(): number {
    return this.#readVarint();
  }

  /**
   * Steps over a text, bytes or a message; what it holds lies between `place` before and what is
   * answered.
   */
  bytesEnd(): number {
    const length = this.#readVarint();
    const end = this.#place + length;
    if (end > this.#end) throw new MalformedMessage('a field that ends behind its message');
    return end;
  }

  /** Goes to the end of what is at hand, as `bytesEnd` answered it. */
  moveTo(end: number): void {
    this.#place = end;
  }

  text(): string {
    const end = this.bytesEnd();
    const text = this.bytes.toString('utf8', this.#place, end);
    this.#place = end;
    return text;
  }

  /** Is the text at hand this one? Steps over it. All characters of `expected` are ASCII. */
  textIs(expected: string): boolean {
    const end = this.bytesEnd();
    const start = this.#place;
    this.#place = end;
    if (end - start !== expected.length) return false;
    for (let i = 0; i < expected.length; i += 1) {
      if (this.bytes[start + i] !== expected.charCodeAt(i)) return false;
    }
    return true;
  }

  /** @returns what `leave` wants */
  enter(): number {
    const outerEnd = this.#end;
    this.#end = this.bytesEnd();
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.#place = this.#end;
    this.#end = outerEnd;
  }

  skip(): void {
    this.#skip(this.#wireType, 0);
  }

  #skip(type: number, depth: number): void {
    switch (type) {
      case wireType.varint:
        this.#readVarint();
        break;
      case wireType.fixed64:
        this.#step(8);
        break;
      case wireType.bytes:
        this.#place = this.bytesEnd();
        break;
      case wireType.groupStart:
        this.#skipGroup(depth + 1);
        break;
      case wireType.fixed32:
        this.#step(4);
        break;
      default:
        throw new MalformedMessage(`no field has the wire type ${type}`);
    }
  }

  #skipGroup(depth: number): void {
    if (depth > deepestGroup) throw new MalformedMessage('groups in groups in groups');
    for (;;) {
      const type = this.#readVarint() & 7;
      if (type === wireType.groupEnd) return;
      this.#skip(type, depth);
    }
  }

  #step(count: number): void {
    this.#place += count;
    if (this.#place > this.#end) throw new MalformedMessage('a field that ends behind its message');
  }

  /** Exact up to 2^53, which is more than lengths, tags and flags need. */
  #readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#place >= this.#end) throw new MalformedMessage('a number that ends behind its message');
      const byte = this.bytes[this.#place] as number;
      this.#place += 1;
      value += shift < 28 ? (byte & 0x7f) << shift : (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessage('a number of more than ten bytes');
  }
}
