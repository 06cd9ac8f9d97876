/** Encoded ProcessingRequests. */

/** A request whose headers have none of the names that a decision reads. */
export const headersRequest = field(2, field(1, field(1, field(1, 'x-name'), field(3, 'value'))));

/** A field with a length, such as a text or a message, by its number (below 16). */
export function field(number: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
