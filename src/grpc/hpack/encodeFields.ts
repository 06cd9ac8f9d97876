import { staticTable } from './staticTable.ts';

/**
 * Writes a header block of static and literal fields, without Huffman coding and without a dynamic table, so
 * that a block that is made once can be sent on every connection.
 */
export function encodeFields(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => encodeField(name, value)));
}

function encodeField(name: string, value: string): Buffer {
  const whole = staticTable.findIndex((field) => field.name === name && field.value === value) + 1;
  if (whole > 0) return integer(0x80, 7, whole);
  const known = staticTable.findIndex((field) => field.name === name) + 1;
  // Without indexing (RFC 7541, section 6.2.2).
  return Buffer.concat([integer(0, 4, known), ...(known === 0 ? [text(name)] : []), text(value)]);
}

function text(content: string): Buffer {
  const bytes = Buffer.from(content, 'latin1');
  return Buffer.concat([integer(0, 7, bytes.length), bytes]);
}

function integer(pattern: number, prefixBits: number, value: number): Buffer {
  const full = (1 << prefixBits) - 1;
  if (value < full) return Buffer.from([pattern | value]);
  const bytes = [pattern | full];
  let rest = value - full;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
