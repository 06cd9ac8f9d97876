import { CompressionError, HpackDecoder } from '../../../../src/grpc/hpack/decoder.ts';
import { encodeFields } from '../../../../src/grpc/hpack/encodeFields.ts';

/** Blocks of RFC 7541, appendix C, and what must be refused. */
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function decoded(decoder: HpackDecoder, block: Buffer): [string, string][] {
  const fields: [string, string][] = [];
  decoder.decode(block, 0, block.length, { onField: ({ name, value }) => fields.push([name, value]) });
  return fields;
}

const firstRequest = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
];
const secondRequest = [...firstRequest, ['cache-control', 'no-cache']];
const thirdRequest = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/index.html'],
  [':authority', 'www.example.com'],
  ['custom-key', 'custom-value'],
];

describe('the examples of RFC 7541', () => {
  it.each([
    ['a literal with indexing', '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'],
    ['a literal without indexing', '000a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'],
    ['a literal never to be indexed', '100a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'],
  ])('read %s', (_form, hex) => {
    expect(decoded(new HpackDecoder(4096), bytes(hex))).toEqual([['custom-key', 'custom-header']]);
  });

  it.each([
    [
      'plain text',
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
    ],
    [
      'Huffman code',
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ],
  ])('read three requests in %s that build on each other', (_form, blocks) => {
    const decoder = new HpackDecoder(4096);
    const requests = blocks.map((hex) => decoded(decoder, bytes(hex)));
    expect(requests).toEqual([firstRequest, secondRequest, thirdRequest]);
  });

  it('read responses whose fields push each other out of a table of 256 bytes', () => {
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
});

describe('the dynamic table', () => {
  it('keeps its order when it grows beyond what it began with', () => {
    const decoder = new HpackDecoder(4096);
    for (let i = 0; i < 100; i += 1) decoded(decoder, Buffer.from([0x40, 1, 97, 2, 48 + (i % 10), 48]));
    const [newest, before] = decoded(decoder, Buffer.from([0x80 | 62, 0x80 | 63]));
    expect([newest, before]).toEqual([
      ['a', '90'],
      ['a', '80'],
    ]);
  });

  it('is emptied by a size update to nothing, and grows again after one', () => {
    const decoder = new HpackDecoder(4096);
    decoded(decoder, bytes('40 01 61 01 62'));
    expect(decoded(decoder, bytes('20 3f e1 1f 40 01 63 01 64 be'))).toEqual([
      ['c', 'd'],
      ['c', 'd'],
    ]);
    expect(() => decoded(decoder, bytes('bf'))).toThrow('there is no field with index 63');
  });
});

describe('a block is refused', () => {
  it.each([
    ['with index 0', '80', 'there is no field with index 0'],
    ['with an index beyond both tables', 'be', 'there is no field with index 62'],
    ['with a table size above the agreed limit', '3f e2 1f', 'exceeds the limit'],
    ['with a table size after a field', '82 20', 'after a field'],
    ['that ends in a text', '40 01 61 05 62', 'exceeds its header block'],
    ['that ends in an integer', 'ff', 'ends inside a field'],
    ['with an integer without end', 'ff ff ff ff ff ff ff ff', 'too large'],
    ['with a Huffman padding of zeros', '40 01 61 81 18', 'invalid Huffman code'],
    ['with a whole byte of Huffman padding', '40 01 61 82 1f ff', 'invalid Huffman code'],
    ['with the end-of-string symbol', '40 01 61 84 ff ff ff ff', 'invalid Huffman code'],
  ])('%s', (_what, hex, message) => {
    expect(() => decoded(new HpackDecoder(4096), bytes(hex))).toThrow(message);
  });
});

describe('what this server encodes', () => {
  it('is read back by any decoder', () => {
    const fields: [string, string][] = [
      [':status', '200'],
      [':status', '415'],
      ['content-type', 'application/grpc'],
      ['grpc-message', 'x'.repeat(300)],
    ];
    expect(decoded(new HpackDecoder(4096), encodeFields(fields))).toEqual(fields);
  });
});
