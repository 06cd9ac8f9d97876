import { CompressionError, HpackDecoder } from '../../../../src/grpc/hpack/decoder.ts';
import { encodeFields } from '../../../../src/grpc/hpack/encodeFields.ts';

/** What must hold for single blocks. Blocks of other encoders are in foreignBlocks.test.ts. */
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function decoded(decoder: HpackDecoder, block: Buffer): [string, string][] {
  const fields: [string, string][] = [];
  decoder.decode(block, 0, block.length, { onField: ({ name, value }) => fields.push([name, value]) });
  return fields;
}

describe('the dynamic table', () => {
  it('evicts the oldest fields of the responses of RFC 7541, appendix C.5', () => {
    const decoder = new HpackDecoder(256);
    decoded(
      decoder,
      bytes(
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      ),
    );
    expect(decoded(decoder, bytes('4803 3330 37c1 c0bf'))).toEqual([
      [':status', '307'],
      ['cache-control', 'private'],
      ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
      ['location', 'https://www.example.com'],
    ]);
    expect(() => decoded(decoder, bytes('c2'))).toThrow(CompressionError);
  });

  it('keeps its order when it grows beyond its initial capacity', () => {
    const decoder = new HpackDecoder(4096);
    for (let i = 0; i < 100; i += 1) decoded(decoder, Buffer.from([0x40, 1, 97, 2, 48 + (i % 10), 48]));
    const [newest, before] = decoded(decoder, Buffer.from([0x80 | 62, 0x80 | 63]));
    expect([newest, before]).toEqual([
      ['a', '90'],
      ['a', '80'],
    ]);
  });

  it('is emptied by a size update to 0, and grows after a later one', () => {
    const decoder = new HpackDecoder(4096);
    decoded(decoder, bytes('40 01 61 01 62'));
    expect(decoded(decoder, bytes('20 3f e1 1f 40 01 63 01 64 be'))).toEqual([
      ['c', 'd'],
      ['c', 'd'],
    ]);
    expect(() => decoded(decoder, bytes('bf'))).toThrow('there is no field with index 63');
  });
});

describe('a block is invalid', () => {
  it.each([
    ['with index 0', '80', 'there is no field with index 0'],
    ['with an index beyond both tables', 'be', 'there is no field with index 62'],
    ['with a table size above the agreed limit', '3f e2 1f', 'exceeds the limit'],
    ['with a table size after a field', '82 20', 'after a field'],
    ['that ends inside a string', '40 01 61 05 62', 'exceeds its header block'],
    ['that ends inside an integer', 'ff', 'ends inside a field'],
    ['with an endless integer', 'ff ff ff ff ff ff ff ff', 'too large'],
    ['with a Huffman padding of zeros', '40 01 61 81 18', 'invalid Huffman code'],
    ['with a whole byte of Huffman padding', '40 01 61 82 1f ff', 'invalid Huffman code'],
    ['with the end-of-string symbol', '40 01 61 84 ff ff ff ff', 'invalid Huffman code'],
  ])('%s', (_what, hex, message) => {
    expect(() => decoded(new HpackDecoder(4096), bytes(hex))).toThrow(message);
  });
});

describe('an encoded block', () => {
  it('is decoded to the same fields', () => {
    const fields: [string, string][] = [
      [':status', '200'],
      [':status', '415'],
      ['content-type', 'application/grpc'],
      ['grpc-message', 'x'.repeat(300)],
    ];
    expect(decoded(new HpackDecoder(4096), encodeFields(fields))).toEqual(fields);
  });
});
