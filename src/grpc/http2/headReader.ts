import { CompressionError, HpackDecoder } from '../hpack/decoder.ts';
import { ConnectionError, defaultTableBytes, errorCode } from './protocol.ts';
import { RequestHead } from './requestHead.ts';

/** Longer blocks are not compared: what is long seldom comes twice. */
const longestRepeatedBytes = 512;

/**
 * Reads the header blocks of one connection into one head. A proxy opens stream after stream with the very same
 * block: on a table that did not change since, it means the same again and is not read a second time.
 */
export class HeadReader {
  readonly head: RequestHead;
  readonly #hpack = new HpackDecoder(defaultTableBytes);
  readonly #last = Buffer.allocUnsafeSlow(longestRepeatedBytes);
  /** -1: the head at hand is not that of a request, or its block would now mean something else. */
  #lastBytes = -1;

  /** @param limitBytes the largest header list */
  constructor(limitBytes: number) {
    this.head = new RequestHead(limitBytes);
  }

  /**
   * @returns false when the head is the one of the request before
   * @throws ConnectionError when the block cannot be read
   */
  readRequest(bytes: Buffer, start: number, end: number): boolean {
    if (this.#isLast(bytes, start, end)) return false;
    const hasTableChanged = this.#read(false, bytes, start, end);
    const isWorthKeeping = !hasTableChanged && end - start <= longestRepeatedBytes;
    this.#lastBytes = isWorthKeeping ? bytes.copy(this.#last, 0, start, end) : -1;
    return true;
  }

  /** @throws ConnectionError when the block cannot be read */
  readTrailers(bytes: Buffer, start: number, end: number): void {
    this.#lastBytes = -1;
    this.#read(true, bytes, start, end);
  }

  #isLast(bytes: Buffer, start: number, end: number): boolean {
    const length = end - start;
    return length === this.#lastBytes && this.#last.compare(bytes, start, end, 0, length) === 0;
  }

  #read(isTrailers: boolean, bytes: Buffer, start: number, end: number): boolean {
    this.head.clear(isTrailers);
    try {
      return this.#hpack.decode(bytes, start, end, this.head);
    } catch (error) {
      if (!(error instanceof CompressionError)) throw error;
      throw new ConnectionError(errorCode.compressionError, error.message);
    }
  }
}
