import { type BodyField, bodyFieldNames } from './bodyFields.ts';
import { jsonByte } from './jsonBytes.ts';

/** A `\uXXXX` escape. */
const escapeBytes = 6;
const longestName = Math.max(...bodyFieldNames.map((name) => name.length));
/** The names by their length. */
const namesOfLength: readonly (readonly BodyField[])[] = Array.from(
  { length: longestName + 1 },
  (_, length) => bodyFieldNames.filter((name) => name.length === length),
);

/**
 * Finds which field a key names. The key arrives in parts, as it is encoded, and may have every
 * character escaped. No more bytes of it are kept than a name can have.
 */
export class KeyMatcher {
  readonly #bytes = Buffer.allocUnsafe(longestName * escapeBytes);
  #length = 0;

  add(bytes: Buffer, start: number, end: number): void {
    const count = end - start;
    if (this.#length + count <= this.#bytes.length) {
      for (let i = 0; i < count; i += 1) this.#bytes[this.#length + i] = bytes[start + i] as number;
    }
    this.#length += count;
  }

  /** @returns the field that the added parts name; the next part begins another key */
  match(): BodyField | undefined {
    const length = this.#length;
    this.#length = 0;
    if (length > this.#bytes.length) return undefined;
    const names = namesOfLength[unescapeName(this.#bytes, length)];
    if (names !== undefined) for (const name of names) if (isName(this.#bytes, name)) return name;
    return undefined;
  }
}

/**
 * Replaces escapes in place. Names consist of ASCII letters and underscores, so any other escape
 * than `\u00XX` is in no name.
 *
 * @returns the new length; -1 if this cannot be a name
 */
function unescapeName(bytes: Buffer, length: number): number {
  let to = 0;
  for (let from = 0; from < length; to += 1) {
    if (bytes[from] !== jsonByte.backslash) {
      bytes[to] = bytes[from] as number;
      from += 1;
      continue;
    }
    const code = from + escapeBytes <= length && bytes[from + 1] === 0x75 ? hexOf(bytes, from + 2) : -1;
    if (code < 0 || code > 0x7f) return -1;
    bytes[to] = code;
    from += escapeBytes;
  }
  return to;
}

/** @returns the value of four hexadecimal digits, or -1 */
function hexOf(bytes: Buffer, start: number): number {
  let value = 0;
  for (let i = start; i < start + 4; i += 1) {
    const byte = bytes[i] as number;
    const letter = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x61 + 10;
    else return -1;
  }
  return value;
}

function isName(bytes: Buffer, name: string): boolean {
  for (let i = 0; i < name.length; i += 1) {
    if (bytes[i] !== name.charCodeAt(i)) return false;
  }
  return true;
}
