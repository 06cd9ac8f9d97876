import { once } from 'node:events';
import { connect } from 'node:http2';
import { BuiltinServer, ListenError } from '../../../src/grpc/index.ts';
import { message } from '../../../tools/testbed/rawHttp2.ts';
import { generousLimits, generousTotalLimits } from '../../support/generousLimits.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

/** The server as `baton/grpc` offers it, with a service that Baton does not know. */
checkForLeaks();

const address = { host: '127.0.0.1', port: 0 };

function openEchoServer(onClosing?: () => void): BuiltinServer {
  return new BuiltinServer({
    handlers: new Map([
      [
        '/echo.Echo/Chat',
        (stream) => ({
          onMessage: (received) => stream.reply(received),
          onEnd: () => stream.end(),
          onClosed() {},
        }),
      ],
    ]),
    maxMessageBytes: 1000,
    limits: generousLimits,
    totalLimits: generousTotalLimits,
    ...(onClosing && { onClosing }),
  });
}

describe('the server as a library', () => {
  it('serves the handler of a path, and calls onClosing when it closes', async () => {
    let closings = 0;
    const server = openEchoServer(() => {
      closings += 1;
    });
    const client = connect(`http://127.0.0.1:${await server.listen(address)}`);
    const stream = client.request({
      ':method': 'POST',
      ':path': '/echo.Echo/Chat',
      'content-type': 'application/grpc',
    });
    stream.write(message(Buffer.from('hello')));
    expect((await once(stream, 'data'))[0]).toEqual(message(Buffer.from('hello')));
    const trailers = once(stream, 'trailers');
    stream.end();
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
    client.close();
    expect(closings).toBe(0);
    await server.close(1_000);
    expect(closings).toBe(1);
  });

  it('reports an address in use as its own error', async () => {
    const server = openEchoServer();
    const other = openEchoServer();
    const port = await server.listen(address);
    const failure = other.listen({ host: '127.0.0.1', port });
    await expect(failure).rejects.toBeInstanceOf(ListenError);
    await expect(failure).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
    await other.close(0);
    await server.close(0);
  });

  it('writes an IPv6 address in brackets', async () => {
    const server = openEchoServer();
    await expect(server.listen({ host: '2001:db8::1', port: 1 })).rejects.toThrow(
      'cannot listen on [2001:db8::1]:1',
    );
    await server.close(0);
  });
});
