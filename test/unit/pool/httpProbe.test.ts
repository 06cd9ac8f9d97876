import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Worker } from 'node:worker_threads';
import { httpProbe } from '../../../src/pool/httpProbe.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

const neverAborted = new AbortController().signal;

/** The long timeout keeps a slow machine from being taken for a server that does not answer. */
const probe = (port: number, path = '/health', signal = neverAborted, host = '127.0.0.1') =>
  httpProbe({ host, port, path, timeoutMs: 60_000, signal });
/** Waits for the timeout. */
const briefProbe = (port: number, timeoutMs: number) =>
  httpProbe({ host: '127.0.0.1', port, path: '/', timeoutMs, signal: neverAborted });

describe('when the server answers', () => {
  it.each([
    [200, true],
    [204, true],
    [299, true],
    [301, false],
    [404, false],
    [503, false],
  ])('passes for HTTP %i: %s', async (status, passed) => {
    const port = await listen(createHttpServer((_, response) => response.writeHead(status).end()));
    expect(await probe(port)).toEqual(
      passed
        ? { kind: 'passed', reason: `HTTP ${status}` }
        : { kind: 'failed', failure: 'status', reason: `HTTP ${status}` },
    );
  });

  it('sends a GET for the path with query, with its user agent, and keeps no connection', async () => {
    const seen: unknown[] = [];
    const server = createHttpServer((request, response) => {
      const { method, url, headers } = request;
      seen.push({
        method,
        url,
        host: headers.host,
        agent: headers['user-agent'],
        connection: headers.connection,
      });
      response.end('fine');
    });
    const port = await listen(server);
    await probe(port, '/health?deep=1');
    const host = `127.0.0.1:${port}`;
    expect(seen).toEqual([
      { method: 'GET', url: '/health?deep=1', host, agent: 'baton-probe', connection: 'close' },
    ]);
  });

  it('reaches IPv6 addresses', async () => {
    const port = await listen(
      createHttpServer((_, response) => response.end()),
      '::1',
    );
    expect(await probe(port, '/', undefined, '::1')).toEqual({ kind: 'passed', reason: 'HTTP 200' });
  });

  it.each(['never ends', 'breaks off'])('does not take a status back when the body %s', async (how) => {
    const server = createHttpServer((_, response) => {
      response.writeHead(200).write('x');
      if (how === 'breaks off') setImmediate(() => response.destroy());
    });
    expect(await briefProbe(await listen(server), 2000)).toEqual({ kind: 'passed', reason: 'HTTP 200' });
  });
});

describe('when the server sends without end', () => {
  it.each([
    ['a body', 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65_536), { kind: 'passed', reason: 'HTTP 200' }],
    [
      'informational responses',
      '',
      'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000),
      { kind: 'failed', failure: 'status', reason: 'informational responses without an answer' },
    ],
    ['headers', 'HTTP/1.1 200 OK\r\n', 'x: y\r\n'.repeat(1000), { kind: 'failed', failure: 'status' }],
    ['a status line', 'HTTP/1.1 200 ', 'x'.repeat(65_536), { kind: 'failed', failure: 'status' }],
  ])('reads little of %s', async (_what, beginning, repeated, result) => {
    let sent = 0;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(beginning);
      const send = (): void => {
        if (socket.destroyed) return;
        sent += repeated.length;
        socket.write(repeated, () => setImmediate(send));
      };
      send();
    });
    expect(await probe(await listen(server))).toMatchObject(result);
    // What the buffers of two sockets of this machine may hold.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });
});

describe('when this process stands still during the probe', () => {
  /** A server in a thread of its own, which runs on. */
  async function threadServer(onConnection: string): Promise<{ port: number; stop(): Promise<number> }> {
    const script = `
      const { createServer } = require('node:net');
      const { parentPort } = require('node:worker_threads');
      const server = createServer((socket) => {
        socket.on('error', () => {});
        (${onConnection})(socket);
      });
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;
    const worker = new Worker(script, { eval: true });
    const [port] = (await once(worker, 'message')) as [number];
    return { port, stop: () => worker.terminate() };
  }

  const standStill = (forMs: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);

  it('an answer in time counts, although the timer is due first', async () => {
    const { port, stop } = await threadServer(
      `(socket) => socket.once('data', () => socket.end('HTTP/1.1 204 No Content\\r\\n\\r\\n'))`,
    );
    const result = briefProbe(port, 300);
    standStill(1000);
    expect(await result).toEqual({ kind: 'passed', reason: 'HTTP 204' });
    await stop();
  });

  it('a server that waited too long for the request is not at fault', async () => {
    const { port, stop } = await threadServer('(socket) => setTimeout(() => socket.resetAndDestroy(), 100)');
    const result = briefProbe(port, 2_000);
    // Connected, in the system, before the stall.
    await new Promise(process.nextTick);
    standStill(1000);
    expect(await result).toMatchObject({ kind: 'undecided', cause: 'stalled' });
    await stop();
  });
});

describe('when there is no answer', () => {
  it('fails after its timeout on a server that accepts and sends nothing', async () => {
    const port = await listen(createServer());
    expect(await briefProbe(port, 100)).toEqual({
      kind: 'failed',
      failure: 'unanswered',
      reason: 'no answer in 100 ms',
    });
  });

  it('fails at once when the connection is refused', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await probe(port)).toEqual({
      kind: 'failed',
      failure: 'refused',
      reason: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it.each([
    ['closes the connection', (socket: { end(): void }) => socket.end(), 'socket hang up', 'refused'],
    [
      'speaks something else',
      (socket: { end(text: string): void }) => socket.end('+OK redis\r\n'),
      'Parse Error',
      'status',
    ],
  ])('fails when the server %s', async (_situation, onConnection, reason, failure) => {
    const port = await listen(createServer(onConnection));
    expect(await probe(port)).toEqual({ kind: 'failed', failure, reason: expect.stringContaining(reason) });
  });
});

describe('when it is stopped', () => {
  it.each(['before', 'while'])('ends early: %s it runs', async (when) => {
    const port = await listen(createServer());
    const stop = new AbortController();
    if (when === 'before') stop.abort();
    const result = probe(port, '/', stop.signal);
    stop.abort();
    expect(await result).toEqual({ kind: 'undecided', cause: 'stopped', reason: 'stopped' });
  });
});
