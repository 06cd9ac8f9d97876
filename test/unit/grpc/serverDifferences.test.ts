import { gzipSync } from 'node:zlib';
import { flag, frameType } from '../../../src/grpc/http2/protocol.ts';
import type { GrpcServerKind } from '../../../src/grpc/openGrpcServer.ts';
import { frame, message, RawClient, requestFields } from '../../../tools/testbed/rawHttp2.ts';
import { EchoServer } from '../../support/echoServer.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

/**
 * Requests that the two servers answer differently, and which one follows gRPC's specification. A
 * proxy sends none of them; what a proxy sends is answered alike
 * (../extproc/extProcServer.test.ts).
 */
checkForLeaks();

interface Difference {
  readonly fields?: Record<string, string>;
  readonly body: Buffer;
  /** The fields of the response that differ. */
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
  'a content type that begins with application/grpc: builtin is right (then "+" or nothing)': {
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
  'a compressed message without grpc-encoding: builtin is right (INTERNAL)': {
    body: message(gzipSync('hello'), true),
    builtin: { 'grpc-status': '13' },
    grpcJs: { 'grpc-status': '0' },
  },
  'an end inside a message: builtin is right (the message is not length-prefixed data)': {
    body: hello.subarray(0, 7),
    builtin: { 'grpc-status': '13' },
    grpcJs: { 'grpc-status': '0' },
  },
  'an unknown method: both are right (any text may go with UNIMPLEMENTED)': {
    fields: { ':path': '/some.Service/Else' },
    body: hello,
    builtin: { 'grpc-status': '12', 'grpc-message': 'unknown method /some.Service/Else' },
    grpcJs: {
      'grpc-status': '12',
      'grpc-message': 'The server does not implement the method /some.Service/Else',
    },
  },
};

let echo: EchoServer;
let client: RawClient;
afterEach(async () => {
  client.close();
  await echo.server.close(500);
});

describe.each<GrpcServerKind>(['builtin', 'grpc-js'])('%s differs in', (kind) => {
  it.each(Object.entries(differences))('%s', async (_what, { fields, body, builtin, grpcJs }) => {
    echo = await new EchoServer({ kind }).listen();
    client = await RawClient.connect(echo.address);
    client.open(1, requestFields(fields));
    client.send(frame(frameType.data, flag.endStream, 1, body));
    expect(await client.ended(1)).toMatchObject(kind === 'builtin' ? builtin : grpcJs);
  });

  it('a timeout of more than 24.8 days: builtin is right (grpc-js takes it for none left)', async () => {
    echo = await new EchoServer({ kind }).listen();
    client = await RawClient.connect(echo.address);
    client.open(1, requestFields({ 'grpc-timeout': '600H' }));
    client.send(frame(frameType.data, 0, 1, hello));
    if (kind === 'grpc-js') expect(await client.ended(1)).toMatchObject({ 'grpc-status': '4' });
    else {
      await client.settled();
      client.send(frame(frameType.data, flag.endStream, 1));
      expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    }
  });
});
