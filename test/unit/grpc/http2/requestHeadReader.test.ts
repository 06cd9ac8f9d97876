import { describe, expect, test } from '@jest/globals';
import { encodeFields } from '../../../../src/grpc/hpack/encodeFields.ts';
import { RequestHeadReader } from '../../../../src/grpc/http2/requestHeadReader.ts';

/** A literal field that is added to the table, with index 62 until the next one is added. */
const indexed = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x40, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
const newest = Buffer.from([0x80 | 62]);

const plain = encodeFields([
  [':method', 'POST'],
  [':path', '/a'],
]);

function readRequest(reader: RequestHeadReader, block: Buffer): boolean {
  // On the wire a block does not begin at offset 0 either.
  return reader.readRequest(Buffer.concat([Buffer.from('before'), block]), 6, 6 + block.length);
}

describe('a repeated header block', () => {
  test('is not decoded again', () => {
    const reader = new RequestHeadReader(4096);
    expect(readRequest(reader, plain)).toBe(true);
    expect(readRequest(reader, plain)).toBe(false);
    expect(reader.head).toMatchObject({ method: 'POST', path: '/a' });
  });

  test('is decoded again after another block', () => {
    const reader = new RequestHeadReader(4096);
    readRequest(reader, plain);
    expect(readRequest(reader, encodeFields([[':path', '/b']]))).toBe(true);
    expect(reader.head).toMatchObject({ method: undefined, path: '/b' });
    expect(readRequest(reader, plain)).toBe(true);
    expect(reader.head).toMatchObject({ method: 'POST', path: '/a' });
  });

  test('is decoded again when the dynamic table has changed, because its meaning may differ', () => {
    const reader = new RequestHeadReader(4096);
    readRequest(reader, indexed(':path', '/a'));
    readRequest(reader, newest);
    expect(reader.head.path).toBe('/a');
    readRequest(reader, indexed(':path', '/b'));
    expect(readRequest(reader, newest)).toBe(true);
    expect(reader.head.path).toBe('/b');
  });

  test('is decoded again when it changes the table itself', () => {
    const reader = new RequestHeadReader(4096);
    readRequest(reader, indexed(':path', '/a'));
    expect(readRequest(reader, indexed(':path', '/a'))).toBe(true);
    readRequest(reader, Buffer.from([0x80 | 63]));
    expect(reader.head.path).toBe('/a');
  });

  test('is decoded again after trailers, which overwrite the head', () => {
    const reader = new RequestHeadReader(4096);
    readRequest(reader, plain);
    const trailers = encodeFields([['grpc-status', '0']]);
    reader.readTrailers(trailers, 0, trailers.length);
    expect(readRequest(reader, plain)).toBe(true);
    expect(reader.head.path).toBe('/a');
  });
});
