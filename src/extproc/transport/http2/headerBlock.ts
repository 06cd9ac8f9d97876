import { ConnectionError, errorCode } from './protocol.ts';

/** A header block that came in more than one frame, until its last one. No other frame may come in between. */
export class HeaderBlock {
  readonly streamId: number;
  /** Nothing follows it on its stream. */
  readonly isLast: boolean;
  readonly #limitBytes: number;
  readonly #fragments: Buffer[] = [];
  #bytes = 0;

  /** @param limitBytes more of it than this is an attack (CONTINUATION flood, CVE-2024-27316) */
  constructor(streamId: number, isLast: boolean, limitBytes: number) {
    this.streamId = streamId;
    this.isLast = isLast;
    this.#limitBytes = limitBytes;
  }

  /** @throws ConnectionError when the block becomes too large */
  add(bytes: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    if (this.#bytes > this.#limitBytes) {
      throw new ConnectionError(errorCode.enhanceYourCalm, 'a header block without an end');
    }
    this.#fragments.push(Buffer.from(bytes.subarray(start, end)));
  }

  whole(): Buffer {
    return Buffer.concat(this.#fragments);
  }
}
