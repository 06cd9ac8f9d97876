import { HpackDecoder } from '../../src/grpc/hpack/decoder.ts';
import { huffmanCodes } from '../../src/grpc/hpack/huffmanCode.ts';
import { medianMicrosOfShort, print } from './time.ts';

/** The cost of decoding a header block, by the encoding of its fields. */
const path = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
const fields = [
  [':path', path],
  [':authority', 'scheduler'],
  ['te', 'trailers'],
  ['content-type', 'application/grpc'],
  ['x-envoy-internal', 'true'],
  ['x-forwarded-for', '10.11.12.13'],
] as const;

const entryCount = 61;
const plain = (text: string) => Buffer.from(text);
/** :method POST, :scheme http */
const fromStaticTable = Buffer.from([0x83, 0x86]);
const blocks: readonly [how: string, block: Buffer, before: Buffer][] = [
  [
    'in the static table',
    Buffer.concat([fromStaticTable, fromStaticTable, fromStaticTable]),
    Buffer.alloc(0),
  ],
  [
    'in the dynamic table, as a proxy repeats them',
    Buffer.from(fields.map((_, index) => 0x80 | (entryCount + 1 + index))),
    Buffer.concat(fields.map((field) => literal(0x40, field, plain))),
  ],
  ['literal and plain', Buffer.concat(fields.map((field) => literal(0, field, plain))), Buffer.alloc(0)],
  [
    'literal in Huffman code',
    Buffer.concat(fields.map((field) => literal(0, field, huffman))),
    Buffer.alloc(0),
  ],
];

const ignoreFields = { onField() {} };
for (const [how, block, before] of blocks) {
  const decoder = new HpackDecoder(4096);
  decoder.decode(before, 0, before.length, ignoreFields);
  const micros = medianMicrosOfShort(() => decoder.decode(block, 0, block.length, ignoreFields));
  print(`6 header fields ${how}, ${block.length} bytes`, micros, 'µs');
}

/** All strings are shorter than 127 bytes, so that their lengths fit into one byte. */
function literal(
  pattern: number,
  [name, value]: readonly [string, string],
  code: (text: string) => Buffer,
): Buffer {
  const flag = code === huffman ? 0x80 : 0;
  const text = (content: string) => {
    const bytes = code(content);
    return [flag | bytes.length, ...bytes];
  };
  return Buffer.from([pattern, ...text(name), ...text(value)]);
}

function huffman(text: string): Buffer {
  let bits = '';
  for (const symbol of Buffer.from(text)) {
    const found = huffmanCodes.find((one) => one.symbol === symbol);
    if (found === undefined) throw new Error(`there is no code for ${symbol}`);
    bits += found.code.toString(2).padStart(found.bits, '0');
  }
  // The last byte is filled with ones (RFC 7541, section 5.2).
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return Buffer.from((whole.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
