import { errorCode, flag, frameType, setting } from '../../../../src/grpc/http2/protocol.ts';
import { frame, message, RawClient, settingsFrame, uint32 } from '../../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';

checkForLeaks();

const bufferBytes = 8 * 1024 * 1024;
const mebibyte = 1024 * 1024;

let echo: EchoServer;
let clients: RawClient[];

beforeEach(async () => {
  clients = [];
  echo = await new EchoServer({ maxMessageBytes: 4 * mebibyte, totalLimits: { bufferBytes } }).listen();
});
afterEach(async () => {
  for (const client of clients) client.close();
  await echo.server.close(500);
  expect(echo.server.report()).toEqual({ connections: 0, heldBytes: 0 });
});

/** @param windowBytes what the server may send on each stream before the client reads */
async function connect(windowBytes = 2 ** 31 - 1): Promise<RawClient> {
  const first = settingsFrame([setting.initialWindowSize, windowBytes]);
  const client = await RawClient.connect(echo.address, first);
  client.send(frame(frameType.windowUpdate, 0, 0, uint32(2 ** 30)));
  await client.settled();
  clients.push(client);
  return client;
}

/** Many frames of one stream. */
function dataOf(id: number, bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16_384) {
    frames.push(frame(frameType.data, 0, id, bytes.subarray(offset, offset + 16_384)));
  }
  return Buffer.concat(frames);
}

const isServed = async (client: RawClient): Promise<void> => {
  client.open(101);
  client.send(frame(frameType.data, flag.endStream, 101, message(Buffer.from('x'))));
  expect(await client.ended(101)).toMatchObject({ 'grpc-status': '0' });
};

/** What each kind of debt is: `bytes` that the server has to hold for one connection. */
const debts: Record<string, (bytes: number) => Promise<RawClient>> = {
  'messages that are not whole': async (bytes) => {
    const client = await connect();
    client.open(1);
    client.send(dataOf(1, message(Buffer.alloc(bytes)).subarray(0, -1)));
    return client;
  },
  'replies that wait for a window': async (bytes) => {
    const client = await connect(0);
    client.open(1);
    client.send(dataOf(1, message(Buffer.alloc(bytes))));
    return client;
  },
  'replies that are not read': async (bytes) => {
    const client = await connect();
    client.socket.pause();
    client.open(1);
    // Beyond what the system buffers, on both sides.
    for (let count = 0; count < 12; count += 1) client.send(dataOf(1, message(Buffer.alloc(bytes))));
    return client;
  },
};

describe('what the connections of one server make it hold', () => {
  it.each(Object.entries(debts))('is bounded for all together: %s', async (_what, owe) => {
    const small = await connect();
    small.open(1);
    small.send(dataOf(1, message(Buffer.alloc(mebibyte)).subarray(0, -1)));
    await small.settled();
    const large: RawClient[] = [];
    for (let count = 0; count < 6; count += 1) {
      large.push(await owe(2 * mebibyte));
      await until(() => echo.accepted === count + 2, { what: 'the stream' });
    }
    await until(() => echo.reachedLimits.length > 0, { what: 'a connection to be closed' });
    expect(new Set(echo.reachedLimits)).toEqual(new Set(['bufferBytes']));
    await until(
      () => large.some(({ isClosed }) => isClosed) || large.some(({ socket }) => socket.isPaused()),
      {
        what: 'its client to be disconnected',
      },
    );
    expect(echo.server.report().heldBytes).toBeLessThanOrEqual(bufferBytes);
    // Who holds less stays, and may go on.
    expect(small.isClosed).toBe(false);
    small.send(frame(frameType.data, flag.endStream, 1, Buffer.alloc(1)));
    expect(await small.ended(1)).toMatchObject({ 'grpc-status': '0' });
    await isServed(small);
  });

  it('is free again when the messages are whole', async () => {
    const client = await connect();
    client.open(1);
    client.send(dataOf(1, message(Buffer.alloc(mebibyte)).subarray(0, -1)));
    await client.settled();
    expect(echo.server.report().heldBytes).toBeGreaterThanOrEqual(mebibyte);
    client.send(frame(frameType.data, flag.endStream, 1, Buffer.alloc(1)));
    await client.ended(1);
    // What is kept for the next write and read is given back within a second or two.
    await until(() => echo.server.report().heldBytes === 0, { what: 'all to be free' });
    expect(echo.server.report().connections).toBe(1);
  });

  it('tells the client that leaves, and ends its streams', async () => {
    const client = await connect();
    for (const id of [1, 3, 5, 7, 9]) {
      client.open(id);
      client.send(dataOf(id, message(Buffer.alloc(mebibyte - 1000)).subarray(0, -1)));
    }
    await client.settled();
    // A connection may hold half of all: the last stream fails, and the others go on.
    expect(await client.ended(9)).toMatchObject({ 'grpc-status': '8' });
    const others = [await connect(), await connect(), await connect()];
    for (const other of others) {
      other.open(1);
      other.send(dataOf(1, message(Buffer.alloc(1.5 * mebibyte)).subarray(0, -1)));
    }
    expect(await client.goAway()).toEqual({
      code: errorCode.enhanceYourCalm,
      message: 'this connection holds most of the memory',
    });
    await until(() => echo.open === 3, { what: 'its streams to end' });
    expect(echo.events.filter((event) => event === 'error')).toHaveLength(5);
    for (const other of others) await isServed(other);
  });
});
