import { CompressionError, HpackDecoder } from '../hpack/decoder.ts';
import { ConnectionError, defaultTableBytes, errorCode } from './protocol.ts';
import { RequestHead } from './requestHead.ts';

/** Longer blocks are not compared with the last one: they seldom repeat. */
const maxComparedBytes = 512;

/**
 * Reads the header blocks of one connection into one RequestHead. A proxy opens stream after stream
 * with the same block: while the dynamic table has not changed it has the same meaning, and is not
 * decoded again.
 */
export class RequestHeadReader {
  readonly head: RequestHead;
  readonly #hpack = new HpackDecoder(defaultTableBytes);
  readonly #last = Buffer.allocUnsafeSlow(maxComparedBytes);
  /** -1: `head` is not that of a request, or the same block would now have another meaning. */
  #lastBytes = -1;

  /** @param limitBytes the largest header list */
  constructor(limitBytes: number) {
    this.head = new RequestHead(limitBytes);
  }

  /**
   * @returns false when the head equals that of the request before
   * @throws ConnectionError when the block cannot be decoded
   */
  readRequest(bytes: Buffer, start: number, end: number): boolean {
    if (this.#isLast(bytes, start, end)) return false;
    const hasTableChanged = this.#decode(false, bytes, start, end);
    const mayRepeat = !hasTableChanged && end - start <= maxComparedBytes;
    this.#lastBytes = mayRepeat ? bytes.copy(this.#last, 0, start, end) : -1;
    return true;
  }

  /** @throws ConnectionError when the block cannot be decoded */
  readTrailers(bytes: Buffer, start: number, end: number): void {
    this.#lastBytes = -1;
    this.#decode(true, bytes, start, end);
  }

  #isLast(bytes: Buffer, start: number, end: number): boolean {
    const length = end - start;
    return length === this.#lastBytes && this.#last.compare(bytes, start, end, 0, length) === 0;
  }

  #decode(isTrailers: boolean, bytes: Buffer, start: number, end: number): boolean {
    this.head.clear(isTrailers);
    try {
      return this.#hpack.decode(bytes, start, end, this.head);
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      throw new ConnectionError(errorCode.compressionError, error.message);
    }
  }
}
