/** The bytes of JSON's grammar (RFC 8259). All are ASCII, so none is part of another character. */
export const jsonByte = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

/** What a byte can be outside of strings, as bits. */
const blank = 1;
const punctuation = 2;
const literalStart = 4;

const roles = new Uint8Array(256);
for (const byte of Buffer.from(' \n\r\t')) roles[byte] = blank;
for (const byte of Buffer.from('",:[]{}')) roles[byte] = punctuation;
// Of numbers, true, false and null; and of NaN and Infinity, which Python reads and writes.
for (const byte of Buffer.from('-0123456789tfnNI')) roles[byte] = literalStart;

export function isLiteralStart(byte: number): boolean {
  return roles[byte] === literalStart;
}

/** @returns the offset of the first byte at or behind `start` that is not blank, or the length */
export function blankEnd(bytes: Buffer, start: number): number {
  const end = bytes.length;
  let at = start;
  while (at < end && roles[bytes[at] as number] === blank) at += 1;
  return at;
}

/** @returns the offset of the first byte that cannot be part of a literal, or the length */
export function literalEnd(bytes: Buffer, start: number): number {
  const end = bytes.length;
  let at = start;
  while (at < end && ((roles[bytes[at] as number] as number) & (blank | punctuation)) === 0) at += 1;
  return at;
}
