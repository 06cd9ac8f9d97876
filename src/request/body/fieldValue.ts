import { jsonByte } from './jsonBytes.ts';

/** Where a value is in a body, in bytes from the body's first one. */
export interface BodySpan {
  readonly start: number;
  /** The offset behind its last byte, or behind the last byte that was scanned. */
  readonly end: number;
  /** false: the value goes on behind `end`. */
  readonly isWhole: boolean;
  /** A literal is a number, `true`, `false` or `null`. */
  readonly kind: 'string' | 'array' | 'object' | 'literal';
}

const noBytes = Buffer.alloc(0);

/** One field of a body: where its value is, and a copy of the value if it is short. */
export class FieldValue {
  readonly #maxBytes: number;
  #start = -1;
  #end = -1;
  #firstByte = 0;
  #copy: Buffer = noBytes;
  /** How many bytes of the value have come. `#copy` has them unless they are too many. */
  #length = 0;

  /** @param maxBytes the value is copied up to this length. 0: never. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Forgets the value: its key came once more. */
  clear(): void {
    this.#start = -1;
    this.#end = -1;
    this.#length = 0;
  }

  begin(offset: number, firstByte: number): void {
    this.#start = offset;
    this.#firstByte = firstByte;
  }

  add(bytes: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length <= this.#maxBytes) {
      this.#reserve(length);
      bytes.copy(this.#copy, this.#length, start, end);
    }
    this.#length = length;
  }

  finish(offset: number): void {
    this.#end = offset;
  }

  /** @param scanned the offset behind the last byte that was scanned */
  span(scanned: number): BodySpan | undefined {
    if (this.#start < 0) return undefined;
    const isWhole = this.#end >= 0;
    return { start: this.#start, end: isWhole ? this.#end : scanned, isWhole, kind: kindOf(this.#firstByte) };
  }

  /** undefined: not there, not whole, too long, or no JSON. */
  parse(): unknown {
    if (this.#end < 0 || this.#length > this.#maxBytes) return undefined;
    try {
      return JSON.parse(this.#copy.toString('utf8', 0, this.#length));
    } catch {
      return undefined;
    }
  }

  #reserve(length: number): void {
    if (length <= this.#copy.length) return;
    const larger = Buffer.allocUnsafe(Math.max(length, Math.min(this.#copy.length * 2, this.#maxBytes)));
    this.#copy.copy(larger, 0, 0, this.#length);
    this.#copy = larger;
  }
}

function kindOf(firstByte: number): BodySpan['kind'] {
  switch (firstByte) {
    case jsonByte.quote:
      return 'string';
    case jsonByte.openBracket:
      return 'array';
    case jsonByte.openBrace:
      return 'object';
    default:
      return 'literal';
  }
}
