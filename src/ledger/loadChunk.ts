/**
 * A share of the addresses, always the same ones, whatever else there is: what an instance has in flight on
 * them is one record, so that a change costs the bytes of its chunk and not those of the whole pool.
 */
export interface LoadChunk {
  /** What follows the instance in the record's key. */
  readonly name: string;
  /** Those with requests in flight, now or when the record was last written. */
  readonly addresses: Set<string>;
  /** Its loads are still in the instance's first record; it has none of its own yet. */
  isInFirst: boolean;
}

/**
 * Ten endpoints in each at 10,000. Fewer chunks are more bytes for each change, more chunks are more keys; see
 * docs/sync.md for what was measured.
 */
const chunkCount = 1024;

/** The chunks of one instance, made when they are first asked for. */
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

/** FNV-1a, and the last step of murmur3: without it, addresses that differ in their port only fall together. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
