import { jsonByte } from './jsonBytes.ts';

/** The string goes on behind these bytes. */
export const openString = -1;
/** The same, and the last byte is a backslash that escapes the next one. */
export const openEscape = -2;

/** A search costs as much as reading this many bytes one by one; then it is fifty times as fast. */
const nearBytes = 48;

/**
 * Finds the end of a string. What is between its quotes is not validated.
 *
 * Keys and short values end near. Each escaped quote ends a search, and text that is code or JSON
 * has many of them: where one was near, the next bytes are read one by one as well.
 *
 * @param start where its content begins or goes on, with a byte that is not escaped
 * @returns the offset behind the closing quote, `openString` or `openEscape`
 */
export function stringEnd(bytes: Buffer, start: number): number {
  const end = bytes.length;
  let at = start;
  while (at < end) {
    const near = end - at < nearBytes ? end : at + nearBytes;
    let isDense = false;
    while (at < near) {
      at = plainEnd(bytes, at, near);
      if (at === near) break;
      if (bytes[at] === jsonByte.quote) return at + 1;
      if (bytes[at + 1] === jsonByte.quote) isDense = true;
      at += 2;
    }
    if (isDense) continue;
    while (at < end) {
      const found = bytes.indexOf(jsonByte.quote, at);
      if (found < 0) return isEscapedAt(bytes, at, end) ? openEscape : openString;
      if (!isEscapedAt(bytes, at, found)) return found + 1;
      const distance = found - at;
      at = found + 1;
      if (distance < nearBytes) break;
    }
  }
  return at > end ? openEscape : openString;
}

/** @returns the offset of the first quote or backslash, or `end` */
function plainEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  let byte = bytes[at];
  while (byte !== jsonByte.quote && byte !== jsonByte.backslash) {
    at += 1;
    if (at === end) return at;
    byte = bytes[at];
  }
  return at;
}

/** An odd number of backslashes is in front of `at`. The byte at `start` is not escaped. */
function isEscapedAt(bytes: Buffer, start: number, at: number): boolean {
  let first = at;
  while (first > start && bytes[first - 1] === jsonByte.backslash) first -= 1;
  return (at - first) % 2 === 1;
}
