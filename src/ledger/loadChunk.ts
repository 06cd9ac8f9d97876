/**
 * A fixed share of all possible addresses. What an instance has in flight on them is one record, so
 * that a change costs the bytes of its chunk and not those of the whole pool.
 */
export interface LoadChunk {
  /** What follows the instance in the record's key. */
  readonly name: string;
  /** Those with requests in flight, now or when the record was last written. */
  readonly addresses: Set<string>;
  /** Its loads are still in the instance's first record; it has no record yet. */
  isInFirst: boolean;
}

/**
 * About ten endpoints each at 10,000. Fewer chunks mean more bytes for each change, more chunks
 * mean more keys; docs/sync.md has the measurements.
 */
const chunkCount = 1024;

/** The chunks of one instance, created when they are first used. */
export class LoadChunks {
  readonly #chunks: (LoadChunk | undefined)[] = [];

  of(address: string): LoadChunk {
    const index = hash(address) % chunkCount;
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      chunk = { name: index.toString(16).padStart(3, '0'), addresses: new Set(), isInFirst: false };
      this.#chunks[index] = chunk;
    }
    return chunk;
  }
}

/** FNV-1a and murmur3's finalizer: without it, addresses that differ only in their port collide. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
