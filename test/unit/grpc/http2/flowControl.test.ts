import { flag, frameType, setting } from '../../../../src/grpc/http2/protocol.ts';
import { connectionWindowBytes, streamWindowBytes } from '../../../../src/grpc/http2/receiveFlow.ts';
import { frame, message, RawClient, settingsFrame, uint32 } from '../../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';

checkForLeaks();

let echo: EchoServer;
let client: RawClient;

async function begin(firstSettings: Buffer): Promise<void> {
  echo = await new EchoServer().listen();
  client = await RawClient.connect(echo.address, firstSettings);
}

afterEach(async () => {
  client.close();
  await echo.server.close(500);
});

const request = message(Buffer.alloc(95, 7)); // 100 bytes with its prefix
const windowUpdate = (id: number, bytes: number): Buffer =>
  frame(frameType.windowUpdate, 0, id, uint32(bytes));
const receivedBytes = (id: number, bytes: number) =>
  until(() => client.data(id).length === bytes, { what: `${bytes} bytes on stream ${id}` });

/** Bytes of window that the server has given back on a stream. */
const givenBack = (id: number): number =>
  client.frames
    .filter((each) => each.type === frameType.windowUpdate && each.id === id)
    .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);

describe('a peer that sends and does not read', () => {
  const half = streamWindowBytes / 2;
  const dataOf = (id: number, bytes: number): Buffer =>
    Buffer.concat(
      Array.from({ length: Math.ceil(bytes / 16_000) }, () =>
        frame(frameType.data, 0, id, message(Buffer.alloc(15_995, 7))),
      ),
    );

  it('gets the window of its stream back when it reads, and others are not held up', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 0]));
    client.send(windowUpdate(0, 2 ** 30));
    client.open(1);
    client.send(dataOf(1, half + 1));
    client.open(3);
    client.send(Buffer.concat([frame(frameType.data, flag.endStream, 3, request), windowUpdate(3, 1000)]));
    await receivedBytes(3, 100);
    expect(givenBack(1)).toBe(0);
    client.send(windowUpdate(1, 10_000_000));
    await until(() => givenBack(1) > half, { what: 'the window' });
    client.close();
  });

  it('is reset when it exceeds that window', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 0]));
    client.open(1);
    client.send(dataOf(1, streamWindowBytes + 16_000));
    await until(() => client.frames.some(({ type }) => type === frameType.rstStream), { what: 'the reset' });
    client.close();
  });
});

describe('sent data', () => {
  it('stays within the window of its stream, and goes on after WINDOW_UPDATE', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 30]));
    client.open(1);
    client.send(frame(frameType.data, flag.endStream, 1, request));
    await client.settled();
    expect(client.data(1)).toHaveLength(30);
    client.send(windowUpdate(1, 69));
    await receivedBytes(1, 99);
    expect(
      client.frames.some(({ flags, type }) => type === frameType.headers && flags & flag.endStream),
    ).toBe(false);
    client.send(windowUpdate(1, 1));
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    expect(client.data(1)).toEqual(request);
  });

  it('leaves whole, however large it is, while nothing is received', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 2 ** 31 - 1]));
    client.send(windowUpdate(0, 2 ** 30));
    client.open(1);
    await client.settled();
    const reply = Buffer.alloc(3_000_000, 7);
    echo.streams[0]?.reply(reply);
    echo.streams[0]?.reply(reply);
    echo.streams[0]?.end();
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    expect(client.data(1).equals(Buffer.concat([message(reply), message(reply)]))).toBe(true);
  });

  it('shares the window of the connection in the order of the streams', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 1_000_000]));
    const large = message(Buffer.alloc(40_000, 1));
    for (const id of [1, 3]) {
      client.open(id);
      for (let offset = 0; offset < large.length; offset += 16_384) {
        client.send(frame(frameType.data, 0, id, large.subarray(offset, offset + 16_384)));
      }
    }
    const both = () => client.data(1).length + client.data(3).length;
    await until(() => both() === 65_535, { what: 'all data that the window allows' });
    expect(client.data(1)).toEqual(large);
    client.send(windowUpdate(0, 100_000));
    await receivedBytes(3, large.length);
    expect(client.data(3)).toEqual(large);
  });

  it('applies a new initial window to open streams, also when their window becomes negative', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 60]));
    client.open(1);
    client.send(frame(frameType.data, 0, 1, request));
    await receivedBytes(1, 60);
    client.send(settingsFrame([setting.initialWindowSize, 10])); // 50 bytes more than allowed are sent
    client.send(windowUpdate(1, 50));
    await client.settled();
    expect(client.data(1)).toHaveLength(60);
    client.send(settingsFrame([setting.initialWindowSize, 50]));
    await receivedBytes(1, 100);
  });

  it('is split into frames of the size that the peer allows', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 1_000_000]));
    const large = message(Buffer.alloc(40_000));
    client.open(1);
    for (let offset = 0; offset < large.length; offset += 10_000) {
      client.send(frame(frameType.data, 0, 1, large.subarray(offset, offset + 10_000)));
    }
    await receivedBytes(1, large.length);
    expect(Math.max(...client.frames.map(({ payload }) => payload.length))).toBe(16_384);
  });

  it('is dropped when the client resets the stream while it waits', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 0]));
    client.open(1);
    client.send(
      frame(frameType.data, 0, 1, request),
      frame(frameType.rstStream, 0, 1, uint32(8)),
      windowUpdate(0, 9),
    );
    await client.settled();
    expect(client.data(1)).toHaveLength(0);
    expect(echo.events).toEqual(['message 95', 'cancelled']);
  });
});

describe('received data', () => {
  it('is given back to the windows, so that a client can send far more than one window', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 2 ** 31 - 1]));
    client.send(windowUpdate(0, 2 ** 31 - 1 - 65_535));
    client.open(1);
    let streamAllowance = streamWindowBytes;
    let connectionAllowance = 65_535;
    let seen = 0;
    const chunk = message(Buffer.alloc(9_995));
    for (let sent = 0; sent < connectionWindowBytes + 1_000_000; sent += chunk.length) {
      const allowance = (): boolean => {
        for (; seen < client.frames.length; seen += 1) {
          const each = client.frames[seen];
          if (each?.type !== frameType.windowUpdate) continue;
          if (each.id === 0) connectionAllowance += each.payload.readUInt32BE(0);
          else streamAllowance += each.payload.readUInt32BE(0);
        }
        return Math.min(streamAllowance, connectionAllowance) >= chunk.length;
      };
      await until(allowance, { what: 'WINDOW_UPDATE' });
      client.send(frame(frameType.data, 0, 1, chunk));
      streamAllowance -= chunk.length;
      connectionAllowance -= chunk.length;
    }
    client.send(frame(frameType.data, flag.endStream, 1));
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
  });

  it('is given back to the stream window too, with its padding', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 1_000_000]));
    client.send(windowUpdate(0, 1_000_000));
    client.open(1);
    const padded = Buffer.concat([Buffer.from([255]), Buffer.alloc(16_000)]);
    let sent = 0;
    while (sent < streamWindowBytes / 2) {
      client.send(frame(frameType.data, flag.padded, 1, padded));
      sent += padded.length;
    }
    await client.settled();
    const given = client.frames.filter(({ type, id }) => type === frameType.windowUpdate && id === 1);
    expect(given.map(({ payload }) => payload.readUInt32BE(0))).toEqual([sent]);
  });
});
