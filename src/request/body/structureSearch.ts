import { jsonByte } from './jsonBytes.ts';

/** What changes the depth, and what begins a string. */
const structure = [
  jsonByte.quote,
  jsonByte.openBracket,
  jsonByte.closeBracket,
  jsonByte.openBrace,
  jsonByte.closeBrace,
];

/**
 * Finds the next quote or bracket of a chunk, over long runs of numbers (a prompt of token ids) or
 * blanks. Each kind is searched again only when the last one found was passed, so that all searches
 * in one chunk together read each byte at most five times.
 */
export class StructureSearch {
  /** Where the next byte of each kind is; behind the chunk if there is none. */
  readonly #nexts = structure.map(() => -1);

  /** Another chunk begins. */
  reset(): void {
    this.#nexts.fill(-1);
  }

  /** @returns the offset of the next one at or behind `start`, or the length of the chunk */
  next(bytes: Buffer, start: number): number {
    let nearest = bytes.length;
    for (let kind = 0; kind < structure.length; kind += 1) {
      let next = this.#nexts[kind] as number;
      if (next < start) {
        next = bytes.indexOf(structure[kind] as number, start);
        if (next < 0) next = bytes.length;
        this.#nexts[kind] = next;
      }
      if (next < nearest) nearest = next;
    }
    return nearest;
  }
}
