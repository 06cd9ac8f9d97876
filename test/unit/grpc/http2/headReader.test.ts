import { describe, expect, test } from '@jest/globals';
import { encodeFields } from '../../../../src/grpc/hpack/encodeFields.ts';
import { HeadReader } from '../../../../src/grpc/http2/headReader.ts';

/** A literal field that enters the table, as index 62 until the next one does. */
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

function readRequest(reader: HeadReader, block: Buffer): boolean {
  // Not at the beginning of its bytes, as on the wire.
  return reader.readRequest(Buffer.concat([Buffer.from('before'), block]), 6, 6 + block.length);
}

describe('a header block that comes again', () => {
  test('is the head that is there already', () => {
    const reader = new HeadReader(4096);
    expect(readRequest(reader, plain)).toBe(true);
    expect(readRequest(reader, plain)).toBe(false);
    expect(reader.head).toMatchObject({ method: 'POST', path: '/a' });
  });

  test('is read again after another one', () => {
    const reader = new HeadReader(4096);
    readRequest(reader, plain);
    expect(readRequest(reader, encodeFields([[':path', '/b']]))).toBe(true);
    expect(reader.head).toMatchObject({ method: undefined, path: '/b' });
    expect(readRequest(reader, plain)).toBe(true);
    expect(reader.head).toMatchObject({ method: 'POST', path: '/a' });
  });

  test('is read again when the table has changed, because it may mean something else', () => {
    const reader = new HeadReader(4096);
    readRequest(reader, indexed(':path', '/a'));
    readRequest(reader, newest);
    expect(reader.head.path).toBe('/a');
    readRequest(reader, indexed(':path', '/b'));
    expect(readRequest(reader, newest)).toBe(true);
    expect(reader.head.path).toBe('/b');
  });

  test('is read again when it changes the table itself', () => {
    const reader = new HeadReader(4096);
    readRequest(reader, indexed(':path', '/a'));
    expect(readRequest(reader, indexed(':path', '/a'))).toBe(true);
    readRequest(reader, Buffer.from([0x80 | 63]));
    expect(reader.head.path).toBe('/a');
  });

  test('is read again after trailers, which used the same head', () => {
    const reader = new HeadReader(4096);
    readRequest(reader, plain);
    const trailers = encodeFields([['grpc-status', '0']]);
    reader.readTrailers(trailers, 0, trailers.length);
    expect(readRequest(reader, plain)).toBe(true);
    expect(reader.head.path).toBe('/a');
  });
});
