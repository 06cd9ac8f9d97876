import { Connection, type ConnectionOptions } from '../../../src/grpc/http2/connection.ts';
import { errorCode, flag, frameType, largestStreamId } from '../../../src/grpc/http2/protocol.ts';
import { until } from '../../../tools/testbed/until.ts';
import { EchoTransport } from '../../support/echoTransport.ts';
import { generousLimits } from '../../support/http2Limits.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { frame, message, RawClient, requestFields, settingsFrame, uint32 } from '../../support/rawHttp2.ts';
import { Wire } from '../../support/wire.ts';

checkForLeaks();

describe('when the port closes', () => {
  let echo: EchoTransport;
  let client: RawClient;

  beforeEach(async () => {
    echo = await new EchoTransport().listen();
    client = await RawClient.connect(echo.address);
  });
  afterEach(() => client.close());

  const goaways = (): number[] =>
    client.frames
      .filter(({ type }) => type === frameType.goaway)
      .map(({ payload }) => payload.readUInt32BE(0));
  /** Answers the PING behind the first GOAWAY. */
  const agree = async (): Promise<void> => {
    const ping = await client.frame(frameType.ping);
    client.send(frame(frameType.ping, flag.ack, 0, ping.payload));
  };

  it('takes what was under way, refuses what comes later, and lets all streams finish', async () => {
    client.open(1);
    await until(() => echo.accepted === 1, { what: 'the first stream' });
    const closed = echo.transport.close(5_000);
    await client.frame(frameType.goaway);
    expect(goaways()).toEqual([largestStreamId]);
    client.open(3); // it had not read the GOAWAY yet
    await agree();
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
    expect(echo.told).toEqual(['message 1', 'end', 'message 1', 'end']);
  });

  it('is closed as soon as idle clients have agreed', async () => {
    const closed = echo.transport.close(60_000);
    await agree();
    await closed;
  });

  it('cuts what is left when its patience is over', async () => {
    client.open(1);
    await until(() => echo.open === 1, { what: 'the stream' });
    await echo.transport.close(50);
    await client.closed();
    expect(echo.told).toEqual(['error']);
  });

  it('may be closed twice, also at once', async () => {
    await Promise.all([echo.transport.close(100), echo.transport.close(100)]);
    await echo.transport.close(100);
  });
});

describe('when a client leaves with GOAWAY', () => {
  it('finishes its streams, then ends the connection', async () => {
    const echo = await new EchoTransport().listen();
    const client = await RawClient.connect(echo.address);
    client.open(1);
    client.send(frame(frameType.goaway, 0, 0, Buffer.alloc(8)), frame(frameType.data, flag.endStream, 1));
    expect(await client.ended(1)).toHaveProperty('grpc-status', '0');
    await client.closed();
    await echo.transport.close(100);
  });
});

describe('what a connection writes', () => {
  it('leaves in one piece for all that one chunk brought', async () => {
    const wire = new Wire();
    connectionOn(wire);
    const request = (id: number) =>
      Buffer.concat([
        frame(frameType.headers, flag.endHeaders | flag.endStream, id, requestFields()),
        frame(frameType.ping, 0, 0, Buffer.alloc(8)),
      ]);
    wire.receive(preface, settingsFrame());
    await new Promise(setImmediate);
    wire.written.length = 0;
    wire.receive(...Array.from({ length: 1000 }, (_, index) => request(index * 2 + 1)));
    await new Promise(setImmediate);
    expect(wire.written).toHaveLength(1);
  });
});

describe('a peer that says nothing', () => {
  const after = { keepaliveAfterMs: 20_000, keepaliveWithinMs: 10_000 };
  let wire: Wire;
  let connection: Connection;
  let closed: number;
  const pings = (): number => wire.written.filter((bytes) => bytes.includes('alive?..')).length;
  let lookedMs: number;
  const lookOnce = async (nowMs: number): Promise<void> => {
    lookedMs = nowMs;
    connection.look(nowMs);
    await new Promise(setImmediate);
  };
  /** Once a second until then. */
  const look = async (nowMs: number): Promise<void> => {
    while (lookedMs + 1_000 < nowMs) await lookOnce(lookedMs + 1_000);
    await lookOnce(nowMs);
  };

  beforeEach(async () => {
    closed = 0;
    wire = new Wire();
    connection = connectionOn(wire, { ...after, onClosed: () => (closed += 1) });
    wire.receive(preface, settingsFrame());
    await lookOnce(0);
  });

  it('is asked once, and given up when it does not answer', async () => {
    await look(19_999);
    expect(pings()).toBe(0);
    await look(20_000);
    await look(29_999);
    expect(pings()).toBe(1);
    expect(closed).toBe(0);
    await look(30_000);
    expect(closed).toBe(1);
    expect(wire.destroyed).toBe(true);
  });

  it('is asked before it is given up, also by a process that did not run for long', async () => {
    await lookOnce(60_000);
    expect(closed).toBe(0);
    await look(80_000);
    expect(pings()).toBe(1);
    await lookOnce(200_000);
    expect(closed).toBe(0);
  });

  it('is kept when it says anything', async () => {
    await look(20_000);
    wire.receive(frame(frameType.ping, flag.ack, 0, Buffer.from('alive?..')));
    await look(40_999);
    expect(closed).toBe(0);
    expect(pings()).toBe(1);
    await look(41_000);
    expect(pings()).toBe(2);
  });

  it('does not keep a connection whose peer has said all and takes nothing more', async () => {
    wire.emit('end');
    await look(500);
    expect(wire.writableEnded).toBe(true);
    await look(1_000);
    expect(closed).toBe(1);
    expect(wire.destroyed).toBe(true);
  });

  it('does not keep a connection that was ended for its mistake', async () => {
    wire.receive(frame(frameType.ping, 0, 0, Buffer.alloc(1)));
    await look(500);
    expect(wire.written.at(-1)?.readUInt32BE(13)).toBe(errorCode.frameSizeError);
    expect(closed).toBe(0);
    await look(1_000);
    expect(closed).toBe(1);
  });
});

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** A socket without a network. */
function connectionOn(socket: Wire, changes: Partial<ConnectionOptions> = {}): Connection {
  return new Connection(socket, {
    accept: () => (stream) => ({ onData() {}, onEnd: () => stream.end(Buffer.from([0x88])), onGone() {} }),
    headersTooLarge: Buffer.alloc(0),
    limits: generousLimits,
    nowMs: () => 0,
    keepaliveAfterMs: 1000,
    keepaliveWithinMs: 1000,
    onClosed() {},
    ...changes,
  });
}
