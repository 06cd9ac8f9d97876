import { growBuffer } from '../growBuffer.ts';

/** In front of each message: one byte that says whether it is compressed, four with its length. */
export const prefixBytes = 5;

/** What is set aside at first: a peer that announces much and sends little costs little. */
const firstBytes = 256;

/** A message, with its prefix, that comes in more than one piece. */
export class PartialMessage {
  #bytes = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  /** What it occupies. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** The length that the prefix says, once it is there. */
  get announcedBytes(): number | undefined {
    return this.#length < prefixBytes ? undefined : this.#bytes.readUInt32BE(1);
  }

  /** The whole message with its prefix, once it is there. */
  get whole(): Buffer | undefined {
    return this.#missingBytes() === 0 ? this.#bytes.subarray(0, this.#length) : undefined;
  }

  /** Takes no more than is missing, first of the prefix. Answers how far it read. */
  add(bytes: Buffer, start: number, end: number): number {
    const count = Math.min(this.#missingBytes(), end - start);
    const needed = this.#length + count;
    if (needed > this.#bytes.length) this.#bytes = growBuffer(this.#bytes, this.#length, needed);
    bytes.copy(this.#bytes, this.#length, start, start + count);
    this.#length = needed;
    return start + count;
  }

  #missingBytes(): number {
    const announced = this.announcedBytes;
    return (announced === undefined ? prefixBytes : prefixBytes + announced) - this.#length;
  }
}
