import type { Duplex } from 'node:stream';
import { growBuffer } from '../growBuffer.ts';

const firstBytes = 4096;
/** Larger buffers are not kept for the next turn. */
const keptBytes = 256 * 1024;

/**
 * What is to be sent on a connection. Frames written while a chunk is handled leave together at its end, others
 * at the end of the code that wrote them: one system call each. The buffer is used again as soon as the system
 * has taken what was in it.
 */
export class Output {
  readonly #socket: Duplex;
  readonly #flush = (): void => this.flush();
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  #length = 0;
  #isHeld = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Changes whenever room is taken. */
  get buffer(): Buffer {
    return this.#bytes;
  }

  /** What the peer has not read yet, beyond what the system holds for it. */
  get unreadBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends nothing until `flush`. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Room for `count` bytes: the caller fills `buffer` from the place that is answered. */
  take(count: number): number {
    const place = this.#length;
    if (place === 0 && !this.#isHeld) queueMicrotask(this.#flush);
    const needed = place + count;
    if (needed > this.#bytes.length) this.#bytes = growBuffer(this.#bytes, place, needed);
    this.#length = needed;
    return place;
  }

  flush(): void {
    this.#isHeld = false;
    if (this.#length === 0) return;
    const full = this.#bytes;
    const length = this.#length;
    this.#length = 0;
    if (!this.#socket.writable) return;
    this.#socket.write(full.subarray(0, length));
    // What is still queued points into the buffer.
    const isTaken = this.#socket.writableLength === 0;
    if (!isTaken || full.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes);
  }
}
