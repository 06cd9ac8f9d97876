import { growBuffer } from '../growBuffer.ts';

/** In front of each message: one byte for the compressed flag, four for the length. */
export const prefixBytes = 5;

/** The first allocation: a peer that announces a large message and sends little occupies little. */
const initialBytes = 256;

/** A message, with its prefix, that arrives in several pieces. */
export class PartialMessage {
  #bytes = Buffer.allocUnsafe(initialBytes);
  #length = 0;

  /** How many bytes have arrived, with those of the prefix. */
  get length(): number {
    return this.#length;
  }

  get isCompressed(): boolean {
    return this.#bytes[0] !== 0;
  }

  /** How many bytes are still to come: of the prefix, or then of the message. */
  get missingBytes(): number {
    const announced = this.announcedBytes;
    return (announced === undefined ? prefixBytes : prefixBytes + announced) - this.#length;
  }

  /** The memory that it occupies. */
  get bufferedBytes(): number {
    return this.#bytes.length;
  }

  /** The length in the prefix, once it has arrived. */
  get announcedBytes(): number | undefined {
    return this.#length < prefixBytes ? undefined : this.#bytes.readUInt32BE(1);
  }

  /** The whole message with its prefix, once it has arrived. */
  get whole(): Buffer | undefined {
    return this.missingBytes === 0 ? this.#bytes.subarray(0, this.#length) : undefined;
  }

  /**
   * Copies what is missing of the prefix, or then of the message.
   *
   * @returns the offset behind the bytes that were used
   */
  add(bytes: Buffer, start: number, end: number): number {
    const count = Math.min(this.missingBytes, end - start);
    const needed = this.#length + count;
    if (needed > this.#bytes.length) this.#bytes = growBuffer(this.#bytes, this.#length, needed);
    bytes.copy(this.#bytes, this.#length, start, start + count);
    this.#length = needed;
    return start + count;
  }

  /** Counts bytes that go elsewhere. */
  pass(count: number): void {
    this.#length += count;
  }
}
