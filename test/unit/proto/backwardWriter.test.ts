import { BackwardWriter } from '../../../src/proto/wire/backwardWriter.ts';
import { WireReader } from '../../../src/proto/wire/wireReader.ts';

/** Around each limit of the representations that a number passes through. */
const limits = [2 ** 7, 2 ** 14, 2 ** 21, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 42, 2 ** 49, 2 ** 53];
const values = [0, 1, ...limits.flatMap((limit) => [limit - 1, limit, limit + 1])].filter(
  Number.isSafeInteger,
);

function written(write: (writer: BackwardWriter) => void): WireReader {
  const writer = new BackwardWriter();
  write(writer);
  const reader = new WireReader(Buffer.from(writer.written()));
  reader.next();
  return reader;
}

describe('a number that is written', () => {
  it.each(values)('comes back: %d', (value) => {
    const reader = written((writer) => writer.number(2, value));
    expect([reader.field, reader.varint(), reader.next()]).toEqual([2, value, false]);
  });

  it.each([2 ** 53, 2 ** 64, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40 + 0.5, -1])(
    'is refused where it is no whole number up to 2^53 - 1: %d',
    (value) => {
      expect(() => written((writer) => writer.number(2, value))).toThrow(RangeError);
    },
  );

  it('has the bytes of the protobuf encoding', () => {
    const writer = new BackwardWriter();
    writer.number(1, 2 ** 28);
    expect(writer.written().toString('hex')).toBe('088080808001');
  });
});
