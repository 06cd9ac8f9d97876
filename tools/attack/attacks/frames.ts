import { flag, frameType } from '../../../src/grpc/http2/protocol.ts';
import { frame, requestFields } from '../../testbed/rawHttp2.ts';

/** The frames of gRPC calls, and chunks of them. */

export const largestFrame = 16_384;
/** Frames or streams in a chunk: more system calls would slow the attacker, not the instance. */
const perChunk = 200;

/** A header block, in as many frames as it takes. */
export function headers(id: number, block: Buffer): Buffer {
  const parts = split(block);
  return Buffer.concat(
    parts.map((part, nth) => {
      const flags = nth === parts.length - 1 ? flag.endHeaders : 0;
      return frame(nth === 0 ? frameType.headers : frameType.continuation, flags, id, part);
    }),
  );
}

const processBlock = requestFields();

/** The headers of a call. */
export const open = (id: number, block = processBlock): Buffer => headers(id, block);

/** DATA, in as many frames as it takes; the flags are those of the last one. */
export function data(id: number, bytes: Buffer, flags = 0): Buffer {
  const parts = split(bytes);
  return Buffer.concat(
    parts.map((part, nth) => frame(frameType.data, nth === parts.length - 1 ? flags : 0, id, part)),
  );
}

/** At least one part, each at most the largest frame. */
function split(bytes: Buffer): Buffer[] {
  const count = Math.max(1, Math.ceil(bytes.length / largestFrame));
  return Array.from({ length: count }, (_, nth) =>
    bytes.subarray(nth * largestFrame, (nth + 1) * largestFrame),
  );
}

export const repeat = (make: (nth: number) => Buffer, count = perChunk): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, nth) => make(nth)));

/** The same chunk each time. */
export const always =
  (chunk: Buffer): (() => () => Buffer) =>
  () =>
  () =>
    chunk;

/**
 * The frames of one stream after the other. They differ only in the id, which is written into a
 * copy of the first chunk: the attacker must not be slower than the instance.
 */
export const streamAfterStream =
  (make: (id: number) => Buffer, count = perChunk): (() => () => Buffer) =>
  () => {
    const first = repeat((nth) => make(2 * nth + 1), count);
    const idOffsets: number[] = [];
    for (let at = 0; at < first.length; at += 9 + first.readUIntBE(at, 3)) idOffsets.push(at + 5);
    let earlier = 0;
    return () => {
      const chunk = Buffer.from(first);
      for (const at of idOffsets) chunk.writeUInt32BE(first.readUInt32BE(at) + 2 * earlier, at);
      earlier += count;
      return chunk;
    };
  };
