/** What a kept chunk costs beside its bytes, about. */
const overheadBytes = 128;

const emptyChunk = new Uint8Array(0);

/** Data of one stream that waits for a window, and the trailers behind it. */
export class SendQueue {
  trailers: Uint8Array | undefined;
  readonly #chunks: Uint8Array[] = [];
  /** How many chunks at the front are sent. */
  #sent = 0;

  get first(): Uint8Array | undefined {
    return this.#chunks[this.#sent];
  }

  /** @returns by how many bytes the queue grew */
  push(chunk: Uint8Array): number {
    this.#chunks.push(chunk);
    return chunk.length + overheadBytes;
  }

  /**
   * The first `bytes` of the first chunk are sent.
   *
   * @returns by how many bytes the queue shrank
   */
  shift(bytes: number): number {
    const chunk = this.#chunks[this.#sent] as Uint8Array;
    if (bytes < chunk.length) {
      this.#chunks[this.#sent] = chunk.subarray(bytes);
      return bytes;
    }
    this.#chunks[this.#sent] = emptyChunk;
    this.#sent += 1;
    // Sent chunks are cut off in halves, so that a long queue is not moved for each of its chunks.
    if (this.#sent * 2 > this.#chunks.length) {
      this.#chunks.splice(0, this.#sent);
      this.#sent = 0;
    }
    return bytes + overheadBytes;
  }

  /** What `push` returned in total, less what `shift` did. */
  size(): number {
    let bytes = 0;
    for (const chunk of this.#chunks.slice(this.#sent)) bytes += chunk.length + overheadBytes;
    return bytes;
  }
}
