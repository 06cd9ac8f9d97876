import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { errorCode, flag, frameType } from '../../../src/grpc/http2/protocol.ts';
import { OpenConnections } from '../../../src/grpc/openConnections.ts';
import type { GrpcServerKind } from '../../../src/grpc/openGrpcServer.ts';
import { frame, message, RawClient } from '../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../tools/testbed/until.ts';
import { EchoServer } from '../../support/echoServer.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

describe('which connection gives way to a new one at the limit', () => {
  let nowMs: number;
  let refused: number;
  let displaced: string[];
  let connections: OpenConnections<Fake>;

  /** A connection that is gone once it is displaced. */
  class Fake {
    readonly #name: string;
    idleMs: number | undefined;

    constructor(name: string, idleMs: number | undefined) {
      this.#name = name;
      this.idleMs = idleMs;
    }

    evict(): void {
      displaced.push(this.#name);
      connections.delete(this);
    }
  }

  beforeEach(() => {
    nowMs = 0;
    refused = 0;
    displaced = [];
    connections = new OpenConnections({
      limit: 5,
      onReachedLimit: () => (refused += 1),
      nowMs: () => nowMs,
    });
  });

  const never = Number.POSITIVE_INFINITY;
  /** Adds connections in this order, as their idle times say. */
  const add = (...idleMs: (number | undefined)[]): Fake[] =>
    idleMs.map((idle, index) => {
      const connection = new Fake(`${index}`, idle);
      connections.add(connection);
      return connection;
    });
  const newcomers = (count: number): void => {
    for (let nth = 0; nth < count; nth += 1) {
      if (connections.makeRoom()) connections.add(new Fake('new', undefined));
    }
  };

  it.each<[string, (number | undefined)[], string[]]>([
    ['none below the limit', [never, never], []],
    ['of those that never had a stream the oldest', [3, never, never, undefined, 9], ['1']],
    ['else the one that has been idle for longest', [3, undefined, 20, 4, undefined], ['2']],
    ['of equals the oldest', [undefined, 4, 4, 4, undefined], ['1']],
    ['none while all have streams', [undefined, undefined, undefined, undefined, undefined], []],
  ])('%s', (_which, idleMs, expected) => {
    add(...idleMs);
    newcomers(1);
    expect(displaced).toEqual(expected);
    expect(refused).toBe(idleMs.every((idle) => idle === undefined) ? 1 : 0);
    expect(connections.size).toBe(Math.min(5, idleMs.length + 1));
  });

  it('is found for many newcomers by one search a second, and is not one that got a stream', () => {
    const [, second] = add(9, 8, 7, undefined, undefined) as [Fake, Fake];
    newcomers(1);
    expect(displaced).toEqual(['0']);
    second.idleMs = undefined;
    newcomers(1);
    expect(displaced).toEqual(['0', '2']);
    newcomers(1);
    expect(refused).toBe(1);
    const late = new Fake('late', 1);
    connections.add(late);
    newcomers(1);
    expect(refused).toBe(2);
    nowMs = 1_000;
    newcomers(1);
    expect(displaced).toEqual(['0', '2', 'late']);
  });

  it('is a newcomer that has had no stream yet, before one that had', () => {
    add(9, 8, 7, 6, never);
    for (let nth = 0; nth < 3; nth += 1)
      if (connections.makeRoom()) connections.add(new Fake('silent', never));
    expect(displaced).toEqual(['4', 'silent', 'silent']);
  });
});

let echo: EchoServer;
let sockets: { destroy(): void }[];

async function open(kind: GrpcServerKind, connections: number): Promise<void> {
  sockets = [];
  echo = await new EchoServer({ kind, totalLimits: { connections } }).listen();
}
afterEach(async () => {
  for (const socket of sockets ?? []) socket.destroy();
  await echo?.server.close(500);
});

async function client(): Promise<RawClient> {
  const connected = await RawClient.connect(echo.address);
  sockets.push(connected.socket);
  return connected;
}
/** A connection that sends nothing. */
async function silent(): Promise<Socket> {
  const [host, port] = echo.address.split(':');
  const socket = connect(Number(port), host);
  sockets.push(socket);
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}
const openCount = (count: number) =>
  until(() => echo.server.report().connections === count, { what: `${count} connections` });
async function isServed(from: RawClient, id: number): Promise<void> {
  from.open(id);
  from.send(frame(frameType.data, flag.endStream, id, message(Buffer.from('x'))));
  expect(await from.ended(id)).toMatchObject({ 'grpc-status': '0' });
}

describe('a server with as many connections as it may have (builtin)', () => {
  it('serves new ones instead of those that do nothing, however many come', async () => {
    await open('builtin', 4);
    const busy = await client();
    busy.open(1);
    busy.send(frame(frameType.data, 0, 1, message(Buffer.from('x'))));
    const used = await client();
    await isServed(used, 1);
    await silent();
    await silent();
    await openCount(4);
    for (let nth = 0; nth < 20; nth += 1) await silent();
    await until(() => echo.reachedLimits.length === 20, { what: 'the others to be displaced' });
    expect(new Set(echo.reachedLimits)).toEqual(new Set(['connections']));
    expect(echo.server.report().connections).toBe(4);
    // Neither the one with a stream, nor the one that had one.
    await isServed(await client(), 1);
    await isServed(used, 3);
    await isServed(busy, 3);
  });

  it('refuses new ones while each has a stream, and tells them by the end of the connection', async () => {
    await open('builtin', 2);
    const clients = [await client(), await client()];
    for (const each of clients) each.open(1);
    await until(() => echo.open === 2, { what: 'the streams' });
    const late = await client();
    await late.closed();
    expect(late.frames).toEqual([]);
    expect(echo.reachedLimits).toEqual(['connections']);
    clients[0]?.close();
    await openCount(1);
    await isServed(await client(), 1);
  });

  it('tells the client whose place it takes', async () => {
    await open('builtin', 1);
    const first = await client();
    await isServed(first, 1);
    const second = await client();
    expect((await first.goAway()).message).toBe('another connection needs the place of this one');
    await isServed(second, 1);
  });
});

describe('a server with as many connections as it may have (grpc-js)', () => {
  it('refuses new ones, and serves them when others have left', async () => {
    await open('grpc-js', 2);
    const clients = [await client(), await client()];
    for (const each of clients) await isServed(each, 1);
    const late = await client();
    await late.closed();
    expect(echo.reachedLimits).toEqual(['connections']);
    clients[0]?.close();
    await openCount(1);
    await isServed(await client(), 1);
  });

  it('refuses streams above the limit of one connection', async () => {
    sockets = [];
    echo = await new EchoServer({ kind: 'grpc-js', limits: { streams: 3 } }).listen();
    const first = await client();
    // It has not acknowledged the limit yet; a client that has must keep to it.
    for (const id of [1, 3, 5, 7]) first.open(id);
    expect(await first.resetCode(7)).toBe(errorCode.refusedStream);
    expect(echo.open).toBe(3);
  });

  it('ends those that send no preface within 10 s', async () => {
    await open('grpc-js', 100);
    const speaking = await client();
    const quiet = await silent();
    await once(quiet, 'close');
    expect(echo.reachedLimits).toEqual(['deadline']);
    await isServed(speaking, 1);
  });
});
