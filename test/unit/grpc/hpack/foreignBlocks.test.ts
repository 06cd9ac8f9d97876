import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HpackDecoder } from '../../../../src/grpc/hpack/decoder.ts';

/** Header blocks of other encoders; test/fixtures/hpack/README.md says how they were made. */
interface Fixture {
  readonly encoder: string;
  /** Each is one connection. */
  readonly sequences: readonly {
    readonly name: string;
    readonly tableLimitBytes: number;
    readonly blocks: readonly { readonly hex: string; readonly fields: readonly Field[] }[];
  }[];
}
type Field = readonly [name: string, value: string];

const folder = join(import.meta.dirname, '../../../fixtures/hpack');
const readFixture = (name: string): Fixture => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const fixtures = ['rfc7541.json', 'golang.json', 'python.json', 'nghttp2.json'].map(readFixture);

function decode(decoder: HpackDecoder, block: Buffer): Field[] {
  const fields: Field[] = [];
  // At an offset, as in a frame.
  const bytes = Buffer.concat([Buffer.from('frame'), block, Buffer.from('next')]);
  decoder.decode(bytes, 5, 5 + block.length, { onField: ({ name, value }) => fields.push([name, value]) });
  return fields;
}

describe.each(fixtures)('the blocks of $encoder', ({ sequences }) => {
  it.each(sequences)('are decoded: $name', ({ tableLimitBytes, blocks }) => {
    const decoder = new HpackDecoder(tableLimitBytes);
    for (const { hex, fields } of blocks) expect(decode(decoder, Buffer.from(hex, 'hex'))).toEqual(fields);
  });
});

/** The feature must be in the data, or the tests above prove less than they say. */
describe('the fixtures', () => {
  const firstBytes = fixtures.flatMap(({ sequences }) =>
    sequences.flatMap(({ blocks }) => blocks.map(({ hex }) => Number.parseInt(hex.slice(0, 2), 16))),
  );

  it('hold table size updates, also two in one block', () => {
    expect(firstBytes.filter((byte) => (byte & 0xe0) === 0x20).length).toBeGreaterThanOrEqual(15);
    const doubled = fixtures.flatMap(({ sequences }) =>
      sequences.flatMap(({ blocks }) => blocks.filter(({ hex }) => hex.startsWith('203f'))),
    );
    expect(doubled.length).toBeGreaterThanOrEqual(3);
  });

  it('hold the same fields in Huffman code and in plain strings', () => {
    const python = fixtures[2]?.sequences ?? [];
    const [huffman, plain] = ['Huffman code', 'plain strings'].map((name) => {
      const blocks = python.find((each) => each.name === name)?.blocks ?? [];
      return blocks.map(({ hex }) => hex.length).reduce((sum, length) => sum + length, 0);
    });
    expect(huffman).toBeGreaterThan(0);
    expect(plain).toBeGreaterThan(huffman as number);
  });
});
