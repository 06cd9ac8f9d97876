import { growBuffer } from '../growBuffer.ts';
import { ConnectionError, errorCode } from './protocol.ts';

const firstBytes = 1024;

/** A header block that came in more than one frame, until its last one. No other frame may come in between. */
export class HeaderBlock {
  readonly streamId: number;
  /** Nothing follows it on its stream. */
  readonly isLast: boolean;
  readonly #limitBytes: number;
  #bytes = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  /** @param limitBytes more of it than this is an attack (CONTINUATION flood, CVE-2024-27316) */
  constructor(streamId: number, isLast: boolean, limitBytes: number) {
    this.streamId = streamId;
    this.isLast = isLast;
    this.#limitBytes = limitBytes;
  }

  /** @throws ConnectionError when the block becomes too large */
  add(bytes: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start;
    if (needed > this.#limitBytes) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'a header block without an end');
    }
    if (needed > this.#bytes.length) this.#bytes = growBuffer(this.#bytes, this.#length, needed);
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length = needed;
  }

  whole(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
