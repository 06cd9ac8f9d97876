import type { Duplex } from 'node:stream';
import { growBuffer } from '../growBuffer.ts';

const noBytes = Buffer.alloc(0);
const initialBytes = 4096;
/** Larger buffers are not reused. */
const maxReusedBytes = 64 * 1024;

/**
 * What is to be written to a socket. Frames written while a received chunk is handled leave
 * together at its end, others at the end of the running microtasks: one system call each. The
 * buffer is reused once the system has taken its content.
 */
export class Output {
  readonly #socket: Duplex;
  readonly #onThrown: (error: unknown) => void;
  readonly #flush = (): void => this.flush();
  #bytes: Buffer = noBytes;
  #length = 0;
  #isCorked = false;

  /** @param onThrown receives what a write throws; must not throw */
  constructor(socket: Duplex, onThrown: (error: unknown) => void) {
    this.#socket = socket;
    this.#onThrown = onThrown;
  }

  /** `reserve` may replace it. */
  get buffer(): Buffer {
    return this.#bytes;
  }

  /** What the peer has not read, beyond what the system buffers for it. */
  get unreadBytes(): number {
    return this.#socket.writableLength;
  }

  /** The memory that it occupies. */
  get heldBytes(): number {
    return this.#bytes.length + this.#socket.writableLength;
  }

  /** Gives back what is only kept for the next write. */
  trim(): void {
    if (this.#length === 0) this.#bytes = noBytes;
  }

  /** Writes nothing until `flush`. */
  cork(): void {
    this.#isCorked = true;
  }

  /** @returns the offset in `buffer` at which the caller writes `count` bytes */
  reserve(count: number): number {
    const offset = this.#length;
    if (offset === 0 && !this.#isCorked) queueMicrotask(this.#flush);
    const needed = offset + count;
    if (needed > this.#bytes.length) {
      this.#bytes = growBuffer(this.#bytes, offset, Math.max(needed, initialBytes));
    }
    this.#length = needed;
    return offset;
  }

  flush(): void {
    this.#isCorked = false;
    if (this.#length === 0) return;
    const full = this.#bytes;
    const length = this.#length;
    this.#length = 0;
    if (!this.#socket.writable) return;
    try {
      this.#socket.write(full.subarray(0, length));
    } catch (error) {
      this.#onThrown(error);
    }
    // What the socket still queues lies in the buffer.
    const isWritten = this.#socket.writableLength === 0;
    if (!isWritten || full.length > maxReusedBytes) this.#bytes = noBytes;
  }
}
