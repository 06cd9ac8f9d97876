import type { Connection } from '../../../src/grpc/http2/connection.ts';
import type { ConnectionOptions } from '../../../src/grpc/http2/connectionOptions.ts';
import { errorCode, flag, frameType, largestStreamId } from '../../../src/grpc/http2/protocol.ts';
import {
  frame,
  message,
  RawClient,
  requestFields,
  settingsFrame,
  uint32,
} from '../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../tools/testbed/until.ts';
import { EchoServer } from '../../support/echoServer.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { connectionOn } from '../../support/memoryConnection.ts';
import { MemorySocket } from '../../support/memorySocket.ts';

checkForLeaks();

describe('when the server closes', () => {
  let echo: EchoServer;
  let client: RawClient;

  beforeEach(async () => {
    echo = await new EchoServer().listen();
    client = await RawClient.connect(echo.address);
  });
  afterEach(() => client.close());

  const goaways = (): number[] =>
    client.frames
      .filter(({ type }) => type === frameType.goaway)
      .map(({ payload }) => payload.readUInt32BE(0));
  /** Answers the PING behind the first GOAWAY. */
  const acknowledge = async (): Promise<void> => {
    const ping = await client.frame(frameType.ping);
    client.send(frame(frameType.ping, flag.ack, 0, ping.payload));
  };

  it('accepts streams that were under way, ignores later ones, and lets all streams finish', async () => {
    client.open(1);
    await until(() => echo.accepted === 1, { what: 'the first stream' });
    const closed = echo.server.close(5_000);
    await client.frame(frameType.goaway);
    expect(goaways()).toEqual([largestStreamId]);
    client.open(3); // it had not read the GOAWAY yet
    await acknowledge();
    await until(() => goaways().length === 2, { what: 'the second GOAWAY' });
    expect(goaways()).toEqual([largestStreamId, 3]);
    client.open(5);
    client.send(
      frame(frameType.data, 0, 5, message(Buffer.from('x'))),
      frame(frameType.windowUpdate, 0, 5, uint32(1)),
      frame(frameType.rstStream, 0, 5, uint32(errorCode.cancel)),
    );
    for (const id of [1, 3]) {
      client.send(frame(frameType.data, flag.endStream, id, message(Buffer.from('x'))));
      expect(await client.ended(id)).toBeDefined();
    }
    await closed;
    await client.closed();
    expect(echo.accepted).toBe(2);
    expect(echo.events).toEqual(['message 1', 'end', 'message 1', 'end']);
  });

  it('is closed as soon as idle clients have acknowledged the first GOAWAY', async () => {
    const closed = echo.server.close(60_000);
    await acknowledge();
    await closed;
  });

  it('destroys the remaining connections when the timeout is over', async () => {
    client.open(1);
    await until(() => echo.open === 1, { what: 'the stream' });
    await echo.server.close(50);
    await client.closed();
    expect(echo.events).toEqual(['error']);
  });

  it('may be closed several times, also concurrently', async () => {
    await Promise.all([echo.server.close(100), echo.server.close(100)]);
    await echo.server.close(100);
  });
});

describe('when a client leaves with GOAWAY', () => {
  it('finishes its streams, then ends the connection', async () => {
    const echo = await new EchoServer().listen();
    const client = await RawClient.connect(echo.address);
    client.open(1);
    client.send(frame(frameType.goaway, 0, 0, Buffer.alloc(8)), frame(frameType.data, flag.endStream, 1));
    expect(await client.ended(1)).toHaveProperty('grpc-status', '0');
    await client.closed();
    await echo.server.close(100);
  });
});

describe('what a connection writes', () => {
  it('leaves in one write for all frames of one received chunk', async () => {
    const socket = new MemorySocket();
    connectionOn(socket);
    const request = (id: number) =>
      Buffer.concat([
        frame(frameType.headers, flag.endHeaders | flag.endStream, id, requestFields()),
        frame(frameType.ping, 0, 0, Buffer.alloc(8)),
      ]);
    socket.receive(preface, settingsFrame());
    await new Promise(setImmediate);
    socket.written.length = 0;
    socket.receive(...Array.from({ length: 1000 }, (_, index) => request(index * 2 + 1)));
    await new Promise(setImmediate);
    expect(socket.written).toHaveLength(1);
  });
});

describe('a silent peer', () => {
  const keepalive = { keepaliveTimeMs: 20_000, keepaliveTimeoutMs: 10_000 };
  let socket: MemorySocket;
  let connection: Connection;
  let closed: number;
  const pings = (): number => socket.written.filter((bytes) => bytes.includes('liveness')).length;
  let checkedMs: number;
  const checkOnce = async (nowMs: number): Promise<void> => {
    checkedMs = nowMs;
    connection.check(nowMs);
    await new Promise(setImmediate);
  };
  /** Checks once a second up to `nowMs`. */
  const checkUntil = async (nowMs: number): Promise<void> => {
    while (checkedMs + 1_000 < nowMs) await checkOnce(checkedMs + 1_000);
    await checkOnce(nowMs);
  };

  beforeEach(async () => {
    closed = 0;
    socket = new MemorySocket();
    connection = connectionOn(socket, { ...keepalive, onClosed: () => (closed += 1) });
    socket.receive(preface, settingsFrame());
    await checkOnce(0);
  });

  it('gets one PING, and is closed when it does not answer', async () => {
    await checkUntil(19_999);
    expect(pings()).toBe(0);
    await checkUntil(20_000);
    await checkUntil(29_999);
    expect(pings()).toBe(1);
    expect(closed).toBe(0);
    await checkUntil(30_000);
    expect(closed).toBe(1);
    expect(socket.destroyed).toBe(true);
  });

  it('gets a PING before it is closed, also after the process did not run for long', async () => {
    await checkOnce(60_000);
    expect(closed).toBe(0);
    await checkUntil(80_000);
    expect(pings()).toBe(1);
    await checkOnce(200_000);
    expect(closed).toBe(0);
  });

  it('is kept when it sends anything', async () => {
    await checkUntil(20_000);
    socket.receive(frame(frameType.ping, flag.ack, 0, Buffer.from('liveness')));
    await checkUntil(40_999);
    expect(closed).toBe(0);
    expect(pings()).toBe(1);
    await checkUntil(41_000);
    expect(pings()).toBe(2);
  });

  it('does not keep a connection whose peer has half-closed and does not close', async () => {
    socket.emit('end');
    await checkUntil(500);
    expect(socket.writableEnded).toBe(true);
    await checkUntil(1_000);
    expect(closed).toBe(1);
    expect(socket.destroyed).toBe(true);
  });

  it('does not keep a connection that ended with a connection error', async () => {
    socket.receive(frame(frameType.ping, 0, 0, Buffer.alloc(1)));
    await checkUntil(500);
    expect(socket.written.at(-1)?.readUInt32BE(13)).toBe(errorCode.frameSizeError);
    expect(closed).toBe(0);
    await checkUntil(1_000);
    expect(closed).toBe(1);
  });
});

describe('when the code of a connection throws what nothing expects', () => {
  const bug = new Error('a bug in the HTTP/2 code');

  it('ends that connection with INTERNAL_ERROR, and with it its streams; others go on', () => {
    const reported: unknown[] = [];
    const closed: string[] = [];
    const onUnexpectedError = (error: unknown): number => reported.push(error);
    const route: ConnectionOptions['route'] = (head) => {
      if (head.path === '/throws') throw bug;
      return () => ({ onData() {}, onEnd() {}, onClosed: (how) => closed.push(how) });
    };
    const [socket, other] = [new MemorySocket(), new MemorySocket()];
    const [connection] = [socket, other].map((each) => connectionOn(each, { route, onUnexpectedError }));
    for (const each of [socket, other]) {
      each.receive(preface, settingsFrame(), frame(frameType.headers, flag.endHeaders, 1, requestFields()));
    }
    const throwing = requestFields({ ':path': '/throws' });
    socket.receive(frame(frameType.headers, flag.endHeaders, 3, throwing));
    connection?.check(0);
    expect(reported).toEqual([bug]);
    expect(closed).toEqual(['error']);
    const goaway = socket.frames().find(({ type }) => type === frameType.goaway);
    expect(goaway?.payload.readUInt32BE(4)).toBe(errorCode.internalError);
    expect(goaway?.payload.toString('latin1', 8)).toBe('internal error');
    other.receive(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
    expect(other.frames().at(-1)).toMatchObject({ type: frameType.ping, flags: flag.ack });
  });

  it('releases every stream, although ending one of them throws', () => {
    const reported: unknown[] = [];
    const closed: number[] = [];
    const route: ConnectionOptions['route'] = () => (stream) => ({
      onData() {},
      onEnd() {},
      onClosed: () => {
        closed.push(stream.id);
        if (stream.id === 1) throw bug;
      },
    });
    const socket = new MemorySocket();
    const connection = connectionOn(socket, {
      route,
      onUnexpectedError: (error) => reported.push(error),
      onClosed: () => closed.push(0),
    });
    const open = (id: number): Buffer => frame(frameType.headers, flag.endHeaders, id, requestFields());
    socket.receive(preface, settingsFrame(), open(1), open(3));
    connection.destroy();
    expect(closed).toEqual([1, 3, 0]);
    expect(reported).toEqual([bug]);
  });
});

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
