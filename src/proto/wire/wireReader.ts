import { constants } from 'node:buffer';

/** The bytes are not a protobuf message, or not of the expected type. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

export const wireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

/**
 * Reads an encoded protobuf message field by field and makes no objects of skipped fields:
 *
 *     while (reader.next()) {
 *       if (reader.field === 3) …reader.varint()
 *       else reader.skip();
 *     }
 *
 * A nested message is read by `enter`, the same loop, and `leave`. Nothing here calls itself, since
 * the peer decides how deep its groups are nested.
 */
export class WireReader {
  readonly bytes: Buffer;
  /** The number of the current field. */
  field = 0;
  #wireType = 0;
  #offset: number;
  #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  get position(): number {
    return this.#offset;
  }

  /** @returns false at the end of the message */
  next(): boolean {
    if (this.#offset >= this.#end) return false;
    const tag = this.#readVarint();
    this.field = Math.floor(tag / 8);
    this.#wireType = tag & 7;
    if (this.field === 0) throw new MalformedMessage('a field has number 0');
    return true;
  }

  /** The current field has this number and is a string, bytes or message. */
  isBytes(field: number): boolean {
    return this.field === field && this.#wireType === wireType.bytes;
  }

  isVarint(field: number): boolean {
    return this.field === field && this.#wireType === wireType.varint;
  }

  varint(): number {
    return this.#readVarint();
  }

  /** Reads a length. The content lies between `position` and the returned offset, unread. */
  bytesEnd(): number {
    const length = this.#readVarint();
    const end = this.#offset + length;
    if (end > this.#end) throw new MalformedMessage('a field exceeds its message');
    return end;
  }

  /** Continues at `end`, which `bytesEnd` returned. */
  moveTo(end: number): void {
    this.#offset = end;
  }

  text(): string {
    const end = this.bytesEnd();
    if (end - this.#offset > constants.MAX_STRING_LENGTH) {
      throw new MalformedMessage(`a string is longer than ${constants.MAX_STRING_LENGTH} bytes`);
    }
    const text = this.bytes.toString('utf8', this.#offset, end);
    this.#offset = end;
    return text;
  }

  /** Reads a string and compares it. All characters of `expected` must be ASCII. */
  textIs(expected: string): boolean {
    const end = this.bytesEnd();
    const start = this.#offset;
    this.#offset = end;
    if (end - start !== expected.length) return false;
    for (let i = 0; i < expected.length; i += 1) {
      if (this.bytes[start + i] !== expected.charCodeAt(i)) return false;
    }
    return true;
  }

  /** @returns the argument for `leave` */
  enter(): number {
    const outerEnd = this.#end;
    this.#end = this.bytesEnd();
    return outerEnd;
  }

  leave(outerEnd: number): void {
    this.#offset = this.#end;
    this.#end = outerEnd;
  }

  skip(): void {
    let openGroups = 0;
    let type = this.#wireType;
    for (;;) {
      switch (type) {
        case wireType.varint:
          this.#readVarint();
          break;
        case wireType.fixed64:
          this.#step(8);
          break;
        case wireType.bytes:
          this.#offset = this.bytesEnd();
          break;
        case wireType.groupStart:
          openGroups += 1;
          break;
        case wireType.groupEnd:
          openGroups -= 1;
          if (openGroups < 0) throw new MalformedMessage('the end of a group without its start');
          break;
        case wireType.fixed32:
          this.#step(4);
          break;
        default:
          throw new MalformedMessage(`invalid wire type ${type}`);
      }
      if (openGroups === 0) return;
      type = this.#readVarint() & 7;
    }
  }

  #step(count: number): void {
    this.#offset += count;
    if (this.#offset > this.#end) throw new MalformedMessage('a field exceeds its message');
  }

  /** Exact up to 2^53, more than lengths, tags and flags need. */
  #readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#offset >= this.#end) throw new MalformedMessage('a number exceeds its message');
      const byte = this.bytes[this.#offset] as number;
      this.#offset += 1;
      value += shift < 28 ? (byte & 0x7f) << shift : (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessage('a number is longer than ten bytes');
  }
}
