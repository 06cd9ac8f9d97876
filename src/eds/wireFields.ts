/**
 * Fields of protobuf messages, put together of bytes that are encoded already: a large assignment
 * is joined and not encoded again. A field is a list of pieces, so that it is copied once.
 */
export type Pieces = readonly Uint8Array[];

/** A string, bytes or message field. */
export function lengthField(field: number, content: Pieces): Pieces {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  return [Buffer.from([...varint(field * 8 + 2), ...varint(length)]), ...content];
}

export function textField(field: number, text: string): Pieces {
  return lengthField(field, [Buffer.from(text)]);
}

/** @param value within [0, 2^32) */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}
