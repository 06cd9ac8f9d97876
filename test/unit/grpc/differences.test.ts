import { gzipSync } from 'node:zlib';
import { flag, frameType } from '../../../src/grpc/http2/protocol.ts';
import { EchoTransport, type TransportKind } from '../../support/echoTransport.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { frame, message, RawClient, requestFields } from '../../support/rawHttp2.ts';

/**
 * Where the transports answer the same bytes differently, and what gRPC's specification says to it. A proxy sends
 * none of this; everything that it does send is answered alike (../transport.test.ts).
 */
checkForLeaks();

interface Difference {
  readonly fields?: Record<string, string>;
  readonly body: Buffer;
  /** The fields of the answer that tell them apart. */
  readonly builtin: Record<string, string>;
  readonly grpcJs: Record<string, string>;
}

const hello = message(Buffer.from('hello'));

const differences: Record<string, Difference> = {
  'another method than POST: builtin is right (Method → ":method POST")': {
    fields: { ':method': 'GET' },
    body: hello,
    builtin: { ':status': '405' },
    grpcJs: { 'grpc-status': '0' },
  },
  'a content type that only begins with application/grpc: builtin is right (then "+" or nothing)': {
    fields: { 'content-type': 'application/grpc-web' },
    body: hello,
    builtin: { ':status': '415' },
    grpcJs: { 'grpc-status': '0' },
  },
  'a timeout of nine digits: builtin is right (eight at most; grpc-js reads the last eight)': {
    fields: { 'grpc-timeout': '123456789S' },
    body: hello,
    builtin: { 'grpc-status': '13' },
    grpcJs: { 'grpc-status': '0' },
  },
  'a compressed message that no encoding was named for: builtin is right (INTERNAL)': {
    body: message(gzipSync('hello'), true),
    builtin: { 'grpc-status': '13' },
    grpcJs: { 'grpc-status': '0' },
  },
  'an end in the middle of a message: builtin is right (the message is not length-prefixed data)': {
    body: hello.subarray(0, 7),
    builtin: { 'grpc-status': '13' },
    grpcJs: { 'grpc-status': '0' },
  },
  'an unknown method: both are right (any text may go with UNIMPLEMENTED)': {
    fields: { ':path': '/some.Service/Else' },
    body: hello,
    builtin: { 'grpc-status': '12', 'grpc-message': 'there is no method /some.Service/Else' },
    grpcJs: {
      'grpc-status': '12',
      'grpc-message': 'The server does not implement the method /some.Service/Else',
    },
  },
};

let echo: EchoTransport;
let client: RawClient;
afterEach(async () => {
  client.close();
  await echo.transport.close(500);
});

describe.each<TransportKind>(['builtin', 'grpc-js'])('%s is told apart by', (kind) => {
  it.each(Object.entries(differences))('%s', async (_what, { fields, body, builtin, grpcJs }) => {
    echo = await new EchoTransport({ kind }).listen();
    client = await RawClient.connect(echo.address);
    client.open(1, requestFields(fields));
    client.send(frame(frameType.data, flag.endStream, 1, body));
    expect(await client.ended(1)).toMatchObject(kind === 'builtin' ? builtin : grpcJs);
  });
});
