import { DynamicTable } from './dynamicTable.ts';
import { type HeaderField, headerField } from './headerField.ts';
import { decodeHuffman } from './huffmanDecoder.ts';
import { staticTable } from './staticTable.ts';

/**
 * A header block cannot be decoded. The tables of both sides differ from here on, so the connection
 * must end.
 */
export class CompressionError extends Error {
  override readonly name = 'CompressionError';
}

/** Receives the fields of a block in their order. */
export interface FieldSink {
  onField(field: HeaderField): void;
}

/** Above any length that fits into a block, below where 32-bit arithmetic overflows. */
const largestInteger = 2 ** 28;

/**
 * Decodes header blocks (RFC 7541). There is one for each connection, whose blocks refer to each
 * other's fields: every block must be decoded, also those of refused streams.
 */
export class HpackDecoder {
  readonly #tableLimitBytes: number;
  readonly #table: DynamicTable;
  #block: Buffer = Buffer.alloc(0);
  #offset = 0;
  #end = 0;

  /** @param tableLimitBytes the SETTINGS_HEADER_TABLE_SIZE of this side */
  constructor(tableLimitBytes: number) {
    this.#tableLimitBytes = tableLimitBytes;
    this.#table = new DynamicTable(tableLimitBytes);
  }

  /**
   * @returns whether the dynamic table has changed, so that the same bytes may now have another
   * meaning
   * @throws CompressionError
   */
  decode(block: Buffer, start: number, end: number, sink: FieldSink): boolean {
    this.#block = block;
    this.#offset = start;
    this.#end = end;
    let mayResize = true;
    let hasChanged = false;
    while (this.#offset < end) {
      const first = block[this.#offset] as number;
      if (first & 0x80) sink.onField(this.#indexed(this.#integer(7)));
      else if (first & 0x40) {
        const field = this.#literal(6);
        this.#table.add(field);
        hasChanged = true;
        sink.onField(field);
      } else if (first & 0x20) {
        if (!mayResize) throw new CompressionError('a dynamic table size update after a field');
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
    if (field === undefined) throw new CompressionError(`there is no field with index ${index}`);
    return field;
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#indexed(index).name;
    return headerField(name, this.#string());
  }

  #resize(): void {
    const bytes = this.#integer(5);
    if (bytes > this.#tableLimitBytes)
      throw new CompressionError(`a dynamic table size of ${bytes} bytes exceeds the limit`);
    this.#table.resize(bytes);
  }

  #string(): string {
    const isHuffman = ((this.#block[this.#offset] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const start = this.#offset;
    if (length > this.#end - start) throw new CompressionError('a string exceeds its header block');
    this.#offset += length;
    if (!isHuffman) return this.#block.toString('latin1', start, this.#offset);
    const text = decodeHuffman(this.#block, start, this.#offset);
    if (text === undefined) throw new CompressionError('invalid Huffman code');
    return text;
  }

  /** An integer that begins in the lower bits of the current byte (section 5.1). */
  #integer(prefixBits: number): number {
    const max = (1 << prefixBits) - 1;
    let value = this.#byte() & max;
    if (value < max) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (value > largestInteger || shift > 28) throw new CompressionError('an integer is too large');
      if ((byte & 0x80) === 0) return value;
    }
  }

  #byte(): number {
    if (this.#offset >= this.#end) throw new CompressionError('the header block ends inside a field');
    const byte = this.#block[this.#offset] as number;
    this.#offset += 1;
    return byte;
  }
}
