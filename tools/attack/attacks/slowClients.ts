import { flag, frameType, largestWindowBytes, preface, setting } from '../../../src/grpc/http2/protocol.ts';
import { frame, message, requestFields, settingsFrame, uint32 } from '../../testbed/rawHttp2.ts';
import { type Attack, sized } from '../attack.ts';
import { opening } from '../attackClients.ts';
import { fixture } from '../tlsFixture.ts';
import { data, open, streamAfterStream } from './frames.ts';
import { headersRequest } from './requests.ts';

/** Clients that begin and do not go on: they hold what a connection or a stream occupies. */
const watchBlock = requestFields({ ':path': '/grpc.health.v1.Health/Watch' });
const dripEveryMs = 2_000;
const tlsSettings = {
  server: { tls: { certFile: fixture('server.pem'), keyFile: fixture('server.key') } },
};

/** Sends these bytes one by one, with a pause before each. */
function dripping(name: string, start: Buffer, rest: Buffer): Attack {
  return {
    name,
    group: 'slow clients',
    run: ({ clients, size }) =>
      clients.hold(sized({ size }, 1_000), start, (socket) => {
        socket.resume();
        let at = 0;
        const drip = setInterval(() => socket.write(rest.subarray(at, ++at)), dripEveryMs);
        socket.once('close', () => clearInterval(drip));
      }),
  };
}

function holding(name: string, connections: number, start: Buffer, settings?: Attack['settings']): Attack {
  return {
    name,
    group: 'slow clients',
    ...(settings && { settings }),
    run: ({ clients, size }) => clients.hold(sized({ size }, connections), start),
  };
}

/** A message of which the last byte does not come. */
const partialMessage = (id: number, bytes: number): Buffer =>
  Buffer.concat([open(id), data(id, message(Buffer.alloc(bytes)).subarray(0, -1))]);

/** The beginning of a ClientHello: the record says that 512 bytes follow. */
const clientHello = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]);
const manyConnections = 3_000;

export const slowClients: readonly Attack[] = [
  holding('silent connections', manyConnections, Buffer.alloc(0)),
  holding('connections without a request', manyConnections, opening),
  dripping('one byte of the preface each 2 s', Buffer.alloc(0), preface),
  dripping('one byte of a header block each 2 s', opening, open(1)),
  dripping(
    'one byte of a message each 2 s',
    Buffer.concat([opening, open(1)]),
    Buffer.concat(Array.from({ length: 100 }, () => data(1, Buffer.alloc(1)))),
  ),
  {
    name: 'partial messages',
    group: 'slow clients',
    run: ({ clients, size }) =>
      clients.flood({
        connections: sized({ size }, 10),
        chunks: streamAfterStream((id) => partialMessage(id, 1_048_576), 1),
      }),
  },
  {
    name: 'replies unread',
    group: 'slow clients',
    run: ({ clients, size }) =>
      clients.flood({
        connections: sized({ size }, 32),
        reads: false,
        start: Buffer.concat([
          preface,
          settingsFrame([setting.initialWindowSize, largestWindowBytes]),
          frame(frameType.windowUpdate, 0, 0, uint32(largestWindowBytes - 65_535)),
        ]),
        chunks: () => {
          const request = message(headersRequest);
          return streamAfterStream((id) => Buffer.concat([open(id), data(id, request, flag.endStream)]))();
        },
      }),
  },
  {
    name: 'health watches',
    group: 'slow clients',
    run: ({ clients, size }) => {
      const body = message(Buffer.alloc(0));
      const watch = (id: number): Buffer =>
        Buffer.concat([open(id, watchBlock), data(id, body, flag.endStream)]);
      return clients.flood({ connections: sized({ size }, 8), chunks: streamAfterStream(watch) });
    },
  },
  holding('half-open TLS, silent', manyConnections, Buffer.alloc(0), tlsSettings),
  holding('half-open TLS, half a ClientHello', manyConnections, clientHello, tlsSettings),
];
