import { staticTable } from './staticTable.ts';

/**
 * Encodes a header block of static and literal fields without Huffman code and dynamic table (RFC
 * 7541, section 6), so that one block can be sent on every connection.
 */
export function encodeFields(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => encodeField(name, value)));
}

function encodeField(name: string, value: string): Buffer {
  const fullMatch = staticTable.findIndex((field) => field.name === name && field.value === value) + 1;
  if (fullMatch > 0) return integer(0x80, 7, fullMatch);
  const nameMatch = staticTable.findIndex((field) => field.name === name) + 1;
  // Without indexing (RFC 7541, section 6.2.2).
  return Buffer.concat([integer(0, 4, nameMatch), ...(nameMatch === 0 ? [string(name)] : []), string(value)]);
}

function string(content: string): Buffer {
  const bytes = Buffer.from(content, 'latin1');
  return Buffer.concat([integer(0, 7, bytes.length), bytes]);
}

function integer(pattern: number, prefixBits: number, value: number): Buffer {
  const max = (1 << prefixBits) - 1;
  if (value < max) return Buffer.from([pattern | value]);
  const bytes = [pattern | max];
  let rest = value - max;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
