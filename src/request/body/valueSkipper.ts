import { isLiteralStart, jsonByte, literalEnd } from './jsonBytes.ts';
import { openEscape, stringEnd } from './stringEnd.ts';
import { StructureSearch } from './structureSearch.ts';

/** The value goes on behind these bytes. */
export const openValue = -1;

/** How far the bytes outside of strings are read one by one, before a search is worth its calls. */
const nearBytes = 64;

/**
 * Finds the end of one JSON value, over as many chunks as it takes. A container is skipped by
 * counting brackets outside of strings, so depth costs a number and no stack; whether a bracket
 * closes one of its kind is not checked, nor what numbers and strings contain.
 */
export class ValueSkipper {
  /** Open containers. 0 within a string or a literal that is the value itself. */
  #depth = 0;
  #isInString = false;
  /** The next byte of the string is escaped. */
  #isEscaped = false;
  readonly #search = new StructureSearch();

  /**
   * @param first the first byte of the value
   * @returns whether a value begins with it
   */
  begin(first: number): boolean {
    const isContainer = first === jsonByte.openBrace || first === jsonByte.openBracket;
    this.#depth = isContainer ? 1 : 0;
    this.#isInString = first === jsonByte.quote;
    this.#isEscaped = false;
    return isContainer || this.#isInString || isLiteralStart(first);
  }

  /**
   * @param start where the value goes on: behind its first byte, or at the start of a further chunk
   * @returns the offset behind the value, or `openValue`
   */
  skip(bytes: Buffer, start: number): number {
    let at = start;
    if (this.#isInString) {
      at = this.#skipString(bytes, start);
      if (at < 0 || this.#depth === 0) return at;
    }
    return this.#depth === 0 ? skipLiteral(bytes, at) : this.#skipContainer(bytes, at);
  }

  /** Goes on in a string that began in front of `start`. */
  #skipString(bytes: Buffer, start: number): number {
    const end = stringEnd(bytes, this.#isEscaped ? start + 1 : start);
    this.#isInString = end < 0;
    this.#isEscaped = end === openEscape;
    return end < 0 ? openValue : end;
  }

  #skipContainer(bytes: Buffer, start: number): number {
    let depth = this.#depth;
    this.#search.reset();
    for (let at = this.#nextStructure(bytes, start); at < bytes.length; at = this.#nextStructure(bytes, at)) {
      const byte = bytes[at];
      at += 1;
      if (byte === jsonByte.quote) {
        const next = stringEnd(bytes, at);
        if (next < 0) {
          this.#isInString = true;
          this.#isEscaped = next === openEscape;
          break;
        }
        at = next;
      } else if (byte === jsonByte.openBrace || byte === jsonByte.openBracket) depth += 1;
      else if (byte === jsonByte.closeBrace || byte === jsonByte.closeBracket) {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
    this.#depth = depth;
    return openValue;
  }

  /** @returns the offset of the next quote, bracket or letter, or the length of the chunk */
  #nextStructure(bytes: Buffer, start: number): number {
    const end = bytes.length;
    const near = end - start < nearBytes ? end : start + nearBytes;
    for (let at = start; at < near; at += 1) {
      const byte = bytes[at] as number;
      // Blanks, commas, colons and digits: most of what is outside of strings.
      if (byte >= jsonByte.openBracket || byte === jsonByte.quote) return at;
    }
    return near === end ? end : this.#search.next(bytes, near);
  }
}

/** The byte behind a literal shows that it has ended. */
function skipLiteral(bytes: Buffer, start: number): number {
  const end = literalEnd(bytes, start);
  return end === bytes.length ? openValue : end;
}
