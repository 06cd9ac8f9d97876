import { DynamicTable } from './dynamicTable.ts';
import { type HeaderField, headerField } from './headerField.ts';
import { decodeHuffman } from './huffmanDecoder.ts';
import { staticTable } from './staticTable.ts';

/** The block cannot be read; from here on both sides' tables differ, so the connection is lost. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError';
}

/** Takes the fields of a block in their order. */
export interface FieldSink {
  onField(field: HeaderField): void;
}

/** Far above any length that fits into a block, far below where shifting would overflow. */
const largestInteger = 2 ** 28;

/**
 * Reads header blocks (RFC 7541). One for each connection, because the blocks of a connection build on each
 * other: every block must be read, even of streams that nobody cares for.
 */
export class HpackDecoder {
  readonly #tableLimitBytes: number;
  readonly #table: DynamicTable;
  #block: Buffer = Buffer.alloc(0);
  #place = 0;
  #end = 0;

  /** @param tableLimitBytes what our SETTINGS_HEADER_TABLE_SIZE says */
  constructor(tableLimitBytes: number) {
    this.#tableLimitBytes = tableLimitBytes;
    this.#table = new DynamicTable(tableLimitBytes);
  }

  /**
   * @returns whether the table has changed, so that the same bytes may mean something else now
   * @throws CompressionError
   */
  decode(block: Buffer, start: number, end: number, sink: FieldSink): boolean {
    this.#block = block;
    this.#place = start;
    this.#end = end;
    let mayResize = true;
    let hasChanged = false;
    while (this.#place < end) {
      const first = block[this.#place] as number;
      if (first & 0x80) sink.onField(this.#indexed(this.#integer(7)));
      else if (first & 0x40) {
        const field = this.#literal(6);
        this.#table.add(field);
        hasChanged = true;
        sink.onField(field);
      } else if (first & 0x20) {
        if (!mayResize) throw new CompressionError('a table size update after a field');
        this.#resize();
        hasChanged = true;
        continue;
      } else sink.onField(this.#literal(4));
      mayResize = false;
    }
    return hasChanged;
  }

  #indexed(index: number): HeaderField {
    const field =
      index <= staticTable.length ? staticTable[index - 1] : this.#table.at(index - staticTable.length - 1);
    if (field === undefined) throw new CompressionError(`no field has index ${index}`);
    return field;
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#text() : this.#indexed(index).name;
    return headerField(name, this.#text());
  }

  #resize(): void {
    const bytes = this.#integer(5);
    if (bytes > this.#tableLimitBytes) throw new CompressionError(`a table of ${bytes} bytes is too large`);
    this.#table.limitTo(bytes);
  }

  #text(): string {
    const isHuffman = ((this.#block[this.#place] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#place;
    if (length > this.#end - start) throw new CompressionError('a text that ends after its block');
    this.#place += length;
    if (!isHuffman) return this.#block.toString('latin1', start, this.#place);
    const text = decodeHuffman(this.#block, start, this.#place);
    if (text === undefined) throw new CompressionError('a text that is no Huffman code');
    return text;
  }

  /** An integer that begins in the lower bits of the byte at hand (RFC 7541, section 5.1). */
  #integer(prefixBits: number): number {
    const full = (1 << prefixBits) - 1;
    let value = this.#byte() & full;
    if (value < full) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (value > largestInteger || shift > 28) throw new CompressionError('an integer that is too large');
      if ((byte & 0x80) === 0) return value;
    }
  }

  #byte(): number {
    if (this.#place >= this.#end) throw new CompressionError('the block ends in the middle of a field');
    const byte = this.#block[this.#place] as number;
    this.#place += 1;
    return byte;
  }
}
