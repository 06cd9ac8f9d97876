import fc from 'fast-check';

/** Bytes that mean something to a reader of protobuf: keys, lengths, the edges of numbers. */
const telling = [0, 1, 2, 5, 8, 0x0a, 0x10, 0x12, 0x18, 0x1a, 0x22, 0x7f, 0x80, 0xfe, 0xff];
const largestVarint = Buffer.from('ffffffffffffffffff01', 'hex');

const mutation = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('change', 'flip', 'remove', 'insert', 'double', 'cut', 'varint'),
  byte: fc.oneof(fc.constantFrom(...telling), fc.nat(255)),
  length: fc.nat(8),
});

/** A few changes of these bytes: most of what they say is left as it is. */
export function mutatedBytes(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  return fc.tuple(bytes, fc.array(mutation, { maxLength: 6 })).map(([original, mutations]) => {
    let mutated = Buffer.from(original);
    for (const { at, how, byte, length } of mutations) {
      const index = mutated.length === 0 ? 0 : at % mutated.length;
      const [before, after] = [mutated.subarray(0, index), mutated.subarray(index)];
      mutated = Buffer.concat([before, ...changed(how, after, byte, length)]);
    }
    return mutated;
  });
}

function changed(how: string, after: Buffer, byte: number, length: number): Uint8Array[] {
  switch (how) {
    case 'change':
      return [Buffer.from([byte]), after.subarray(1)];
    case 'flip':
      return [Buffer.from([(after[0] ?? 0) ^ (1 << (byte % 8))]), after.subarray(1)];
    case 'remove':
      return [after.subarray(length)];
    case 'insert':
      return [Buffer.alloc(length, byte), after];
    case 'double':
      return [after.subarray(0, length), after];
    case 'varint':
      return [largestVarint.subarray(-1 - length), after.subarray(1)];
    default:
      return [];
  }
}
