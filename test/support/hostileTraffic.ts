import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { flag, frameType, preface } from '../../src/grpc/http2/protocol.ts';
import {
  nestedGroups,
  nestedLists,
  nestedStructs,
  servedPlace,
  subsetPlace,
} from '../../tools/testbed/nestedMessage.ts';
import {
  frame,
  message,
  processPath,
  requestFields,
  settingsFrame,
  uint32,
} from '../../tools/testbed/rawHttp2.ts';
import { anyFrames } from './fuzzHttp2.ts';

/**
 * Arbitrary traffic of several clients of one ext_proc port: nested messages, messages of any size,
 * compressed ones, wrong lengths, and frames in any order.
 */

const paths = [processPath, processPath, '/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch'];

const depth = fc.oneof(fc.nat(3), fc.nat(300), fc.nat(30_000));
const place = fc.constantFrom(subsetPlace, servedPlace, ['envoy.lb', 'other'] as const);
const nested = fc.oneof(
  fc.tuple(depth, place, fc.constantFrom(2, 3)).map(([deep, at, field]) => nestedLists(deep, at, { field })),
  fc.tuple(depth, place).map(([deep, at]) => nestedStructs(deep, at)),
  depth.map(nestedGroups),
);
/** Headers, trailers or bodies, with lengths that are right only at the first level. */
const sized = fc
  .tuple(fc.constantFrom(0x12, 0x1a, 0x22, 0x2a, 0x32, 0x3a, 0x42, 0x0a), size(400_000), fc.nat(255))
  .map(([tag, length, byte]) =>
    Buffer.concat([Buffer.from([tag, ...varint(length)]), Buffer.alloc(length, byte)]),
  );
const small = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

/** Some of them with a changed byte, or cut off. */
const content = fc
  .tuple(
    fc.oneof(nested, nested, sized, small),
    fc.option(fc.tuple(fc.nat(), fc.nat(255))),
    fc.option(fc.nat()),
  )
  .map(([bytes, change, end]) => {
    const copy = Buffer.from(bytes);
    if (change !== null && copy.length > 0) copy[change[0] % copy.length] = change[1];
    return end === null ? copy : copy.subarray(0, end % (copy.length + 1));
  });

/** A message with its prefix, which may be compressed, or announce another length. */
const framed = fc
  .tuple(content, fc.constantFrom('plain', 'plain', 'gzip', 'bomb', 'lie'), fc.nat(2 ** 32 - 1))
  .map(([bytes, how, announced]) => {
    switch (how) {
      case 'gzip':
        return message(gzipSync(bytes), true);
      case 'bomb':
        return message(gzipSync(Buffer.alloc(announced % 4_000_000)), true);
      case 'lie':
        return Buffer.concat([Buffer.from([0]), uint32(announced), bytes]);
      default:
        return message(bytes);
    }
  });

const call = fc
  .record({
    path: fc.constantFrom(...paths),
    isCompressed: fc.boolean(),
    messages: fc.array(framed, { maxLength: 3 }),
    frameBytes: size(16_384),
    end: fc.constantFrom('end', 'reset', 'open'),
  })
  .map(({ path, isCompressed, messages, frameBytes, end }) => (id: number): Buffer[] => {
    const encoding = isCompressed ? { 'grpc-encoding': 'gzip' } : {};
    const fields = requestFields({ ':path': path, ...encoding });
    const body = Buffer.concat(messages);
    const length = Math.max(1, Math.ceil(body.length / 500), frameBytes);
    const data: Buffer[] = [];
    for (let at = 0; at < body.length; at += length) {
      data.push(frame(frameType.data, 0, id, body.subarray(at, at + length)));
    }
    const last = {
      end: [frame(frameType.data, flag.endStream, id)],
      reset: [frame(frameType.rstStream, 0, id, uint32(8))],
      open: [],
    };
    return [frame(frameType.headers, flag.endHeaders, id, fields), ...data, ...last[end]];
  });

/** What one client sends, in pieces. */
const client = fc
  .tuple(fc.array(call, { minLength: 1, maxLength: 4 }), fc.option(anyFrames, { freq: 3 }), fc.nat(100_000))
  .map(([calls, frames, cut]) => {
    const bytes = Buffer.concat([
      preface,
      settingsFrame([4, 2 ** 24]),
      ...calls.flatMap((sendCall, nth) => sendCall(nth * 2 + 1)),
      ...(frames ?? []),
    ]);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += cut + 100) pieces.push(bytes.subarray(at, at + cut + 100));
    return pieces;
  });

/** What up to 30 clients send at the same time: the pieces of each. */
export const hostileTraffic = fc.array(client, { minLength: 1, maxLength: 30 });

function size(max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.nat(10), fc.nat(max), fc.constant(max));
}

function varint(value: number): number[] {
  const bytes = [0, 7, 14, 21].map((shift) => ((value >>> shift) & 0x7f) | 0x80);
  return [...bytes, value >>> 28];
}
