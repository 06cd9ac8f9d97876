import fc from 'fast-check';
import { acceptCalls } from '../../src/grpc/call/acceptCalls.ts';
import { flag, frameType, preface } from '../../src/grpc/http2/protocol.ts';
import type { StreamHandler } from '../../src/grpc/serverStream.ts';
import {
  frame,
  message,
  processPath,
  requestFields,
  settingsFrame,
  uint32,
} from '../../tools/testbed/rawHttp2.ts';
import { failOnErrors } from './failOnErrors.ts';
import { connectionOn } from './memoryConnection.ts';
import { MemorySocket } from './memorySocket.ts';

/** Arbitrary bytes for a connection, and what must hold for all of them. */

const id = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, 1, 3, 5, 7) }, fc.nat(2 ** 31 - 1));
const grpcMessage = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.boolean())
  .map(([bytes, isCompressed]) => message(bytes, isCompressed));
const block = fc.oneof(
  fc.constantFrom(
    requestFields(),
    requestFields({ 'grpc-encoding': 'gzip' }),
    requestFields({ 'content-length': '3' }),
    requestFields({ ':path': '/none' }),
    Buffer.from([0x83, 0x86, 0x40 | 1, 1, 97]),
    Buffer.from([0x20, 0x3f, 0xe1, 0x1f, 0xbe]),
  ),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const payload = fc.oneof(
  grpcMessage,
  block,
  fc.nat().map(uint32),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);
const likely = fc.oneof(
  fc
    .tuple(id, block, fc.constantFrom(4, 5, 1, 0))
    .map(([on, bytes, flags]) => frame(frameType.headers, flags, on, bytes)),
  fc
    .tuple(id, grpcMessage, fc.boolean())
    .map(([on, bytes, last]) => frame(frameType.data, last ? 1 : 0, on, bytes)),
  fc
    .tuple(id, block, fc.boolean())
    .map(([on, bytes, last]) => frame(frameType.continuation, last ? 4 : 0, on, bytes)),
  id.map((on) => frame(frameType.rstStream, 0, on, uint32(8))),
  fc.tuple(id, fc.nat(2 ** 31)).map(([on, more]) => frame(frameType.windowUpdate, 0, on, uint32(more))),
  fc.tuple(fc.nat(7), fc.nat(2 ** 31)).map(([key, value]) => settingsFrame([key, value])),
  fc.constant(frame(frameType.settings, flag.ack, 0)),
  fc.boolean().map((ack) => frame(frameType.ping, ack ? 1 : 0, 0, Buffer.from('shutdown'))),
  fc.constant(frame(frameType.goaway, 0, 0, Buffer.alloc(8))),
);
const anyFrame = fc
  .tuple(fc.nat(12), fc.nat(255), id, payload)
  .map(([type, flags, on, bytes]) => frame(type, flags, on, bytes));

/** Mostly well-formed frames, in any order. */
export const anyFrames = fc.array(fc.oneof({ weight: 4, arbitrary: likely }, anyFrame), { maxLength: 40 });

export const frameSequence = anyFrames.map((frames) => Buffer.concat([preface, settingsFrame(), ...frames]));

/** What Envoy sends for three requests, one of them reset. */
const recording = Buffer.concat([
  preface,
  settingsFrame([4, 268_435_456]),
  frame(frameType.windowUpdate, 0, 0, uint32(268_369_921)),
  ...[1, 3, 5].flatMap((on) => [
    frame(
      frameType.headers,
      flag.endHeaders,
      on,
      requestFields({ ':path': processPath, 'grpc-timeout': '1S' }),
    ),
    frame(frameType.data, 0, on, message(Buffer.from([0x12, 2, 0x0a, 0]))),
    frame(frameType.ping, 0, 0, Buffer.alloc(8)),
    on === 3 ? frame(frameType.rstStream, 0, on, uint32(8)) : frame(frameType.data, flag.endStream, on),
  ]),
]);
/** The recording with bytes changed, removed and doubled. */
export const mutatedRecording = fc
  .array(fc.tuple(fc.nat(recording.length - 1), fc.constantFrom('change', 'remove', 'double'), fc.nat(255)), {
    maxLength: 8,
  })
  .map((mutations) => {
    let bytes = recording;
    for (const [at, how, byte] of mutations) {
      const index = at % bytes.length;
      const instead = how === 'change' ? [byte] : how === 'remove' ? [] : [bytes[index] as number, byte];
      bytes = Buffer.concat([bytes.subarray(0, index), Buffer.from(instead), bytes.subarray(index + 1)]);
    }
    return bytes;
  });

/** The lengths of the chunks in which the bytes arrive. */
export const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 10 });

/**
 * Feeds the bytes to a new connection, then destroys it.
 *
 * @throws Error when a stream ended twice or not at all, or the server wrote an invalid frame
 */
export function survive(bytes: Buffer, chunkLengths: readonly number[]): void {
  let ended = 0;
  let accepted = 0;
  const accept: StreamHandler = (stream) => {
    accepted += 1;
    let isOpen = true;
    const end = (): void => {
      if (!isOpen) throw new Error('a stream ended twice');
      isOpen = false;
      ended += 1;
    };
    return {
      onMessage: (each) => stream.reply(each),
      onEnd: () => {
        end();
        stream.end();
      },
      onClosed: () => {
        if (isOpen) end();
      },
    };
  };
  const socket = new MemorySocket();
  const connection = connectionOn(socket, {
    route: acceptCalls({
      handlers: new Map([[processPath, accept]]),
      maxMessageBytes: 1000,
      acceptsCompressed: true,
      onUnexpectedError: failOnErrors.report,
    }),
    limits: {
      streams: 3,
      headerBytes: 1000,
      resetsPerSecond: 2,
      controlFramesPerSecond: 2,
      emptyFramesPerSecond: 2,
    },
  });
  let offset = 0;
  for (let i = 0; offset < bytes.length; i += 1) {
    const length = chunkLengths[i % chunkLengths.length] as number;
    socket.emit('data', bytes.subarray(offset, offset + length));
    offset += length;
  }
  connection.shutdown();
  connection.destroy();
  if (ended !== accepted) throw new Error(`${accepted} streams were accepted, ${ended} ended`);
  socket.frames();
}
