import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../tools/testbed/until.ts';
import { EchoServer } from '../support/echoServer.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { connectTls, outcomeOf } from '../support/tlsClient.ts';
import { certificateOf, TlsSource } from '../support/tlsSource.ts';

/** Clients that reach a TLS port and never complete a handshake. */
checkForLeaks();

/** The first flight of a client. */
const clientHello = await recordHello();

async function recordHello(): Promise<Buffer> {
  const recorder = createServer().listen(0, '127.0.0.1');
  await once(recorder, 'listening');
  const { port } = recorder.address() as { port: number };
  const client = connectTls(`127.0.0.1:${port}`);
  const [accepted] = (await once(recorder, 'connection')) as [Socket];
  const [bytes] = (await once(accepted, 'data')) as [Buffer];
  client.destroy();
  accepted.destroy();
  recorder.close();
  return bytes;
}

describe.each(['builtin', 'grpc-js'] as const)('over %s', (kind) => {
  let source: TlsSource;
  let echo: EchoServer;
  let sockets: Socket[];
  beforeEach(async () => {
    sockets = [];
    source = new TlsSource(certificateOf('server', ['ca']));
    echo = await new EchoServer({ kind, certificates: source }).listen();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await echo.server.close(500);
  });

  async function open(): Promise<Socket> {
    const [host, port] = echo.address.split(':') as [string, string];
    const socket = connect({ host, port: Number(port), noDelay: true });
    socket.on('error', () => {});
    socket.resume();
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }
  const isAccepted = async (): Promise<boolean> => {
    const client = connectTls(echo.address, { as: 'client' });
    const outcome = await outcomeOf(client);
    client.destroy();
    return outcome === 'accepted';
  };

  /** What the client sends, and goes on to send each 200 ms. */
  const clients: readonly [what: string, first: Buffer, more: (sent: number) => Buffer][] = [
    ['is silent', Buffer.alloc(0), () => Buffer.alloc(0)],
    ['sends half of its first flight', clientHello.subarray(0, 100), () => Buffer.alloc(0)],
    ['sends its first flight and no answer', clientHello, () => Buffer.alloc(0)],
    ['sends a byte now and then', Buffer.alloc(0), (sent) => clientHello.subarray(sent, sent + 1)],
  ];

  it('a client that does not complete its handshake is closed after 10 s, whatever it sends', async () => {
    const startedMs = performance.now();
    const closedMs = await Promise.all(
      clients.map(async ([what, first, more]) => {
        const socket = await open();
        socket.write(first);
        let sent = first.length;
        while (!socket.closed) {
          if (performance.now() - startedMs > 30_000) throw new Error(`a client that ${what} is kept`);
          await sleep(200);
          const next = more(sent);
          sent += next.length;
          if (next.length > 0 && !socket.destroyed) socket.write(next);
        }
        return performance.now() - startedMs;
      }),
    );
    for (const ms of closedMs) expect(ms).toBeGreaterThan(9_000);
    const reason = 'no handshake within 10000 ms';
    expect(source.refused.filter((each) => each === reason)).toHaveLength(clients.length);
    expect(await isAccepted()).toBe(true);
  });

  it('the oldest of more than 512 handshakes are closed, and a client gets in', async () => {
    for (let nth = 0; nth < 600; nth += 1) await open();
    await until(() => sockets.filter(({ closed }) => closed).length === 88, { what: 'the end of 88' });
    expect(sockets.findIndex(({ closed }) => !closed)).toBe(88);
    expect(await isAccepted()).toBe(true);
    expect(source.refused).toContain('more than 512 handshakes are under way');
  });

  it('a handshake that fails leaves no connection', async () => {
    const plain = await open();
    plain.write('GET / HTTP/1.1\r\n\r\n');
    const withoutCertificate = connectTls(echo.address);
    await until(() => plain.closed && withoutCertificate.closed, { what: 'the end of both' });
  });
});
