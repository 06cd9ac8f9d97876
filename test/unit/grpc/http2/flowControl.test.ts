import { flag, frameType, setting } from '../../../../src/grpc/http2/protocol.ts';
import { connectionWindowBytes, streamWindowBytes } from '../../../../src/grpc/http2/receiveFlow.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoTransport } from '../../../support/echoTransport.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import { frame, message, RawClient, settingsFrame, uint32 } from '../../../support/rawHttp2.ts';

checkForLeaks();

let echo: EchoTransport;
let client: RawClient;

async function begin(firstSettings: Buffer): Promise<void> {
  echo = await new EchoTransport().listen();
  client = await RawClient.connect(echo.address, firstSettings);
}

afterEach(async () => {
  client.close();
  await echo.transport.close(500);
});

const request = message(Buffer.alloc(95, 7)); // 100 bytes with its prefix
const widen = (id: number, bytes: number): Buffer => frame(frameType.windowUpdate, 0, id, uint32(bytes));
const receivedBytes = (id: number, bytes: number) =>
  until(() => client.data(id).length === bytes, { what: `${bytes} bytes on stream ${id}` });

describe('what is sent', () => {
  it('keeps to the window of its stream, and goes on when that is widened', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 30]));
    client.open(1);
    client.send(frame(frameType.data, flag.endStream, 1, request));
    await client.settled();
    expect(client.data(1)).toHaveLength(30);
    client.send(widen(1, 69));
    await receivedBytes(1, 99);
    expect(
      client.frames.some(({ flags, type }) => type === frameType.headers && flags & flag.endStream),
    ).toBe(false);
    client.send(widen(1, 1));
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    expect(client.data(1)).toEqual(request);
  });

  it('shares the window of the connection, first come, first served', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 1_000_000]));
    const large = message(Buffer.alloc(40_000, 1));
    for (const id of [1, 3]) {
      client.open(id);
      for (let place = 0; place < large.length; place += 16_384) {
        client.send(frame(frameType.data, 0, id, large.subarray(place, place + 16_384)));
      }
    }
    const both = () => client.data(1).length + client.data(3).length;
    await until(() => both() === 65_535, { what: 'all that the window allows' });
    expect(client.data(1)).toEqual(large);
    client.send(widen(0, 100_000));
    await receivedBytes(3, large.length);
    expect(client.data(3)).toEqual(large);
  });

  it('counts a new initial window for streams that are open, also below nothing', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 60]));
    client.open(1);
    client.send(frame(frameType.data, 0, 1, request));
    await receivedBytes(1, 60);
    client.send(settingsFrame([setting.initialWindowSize, 10])); // 50 bytes too many are out
    client.send(widen(1, 50));
    await client.settled();
    expect(client.data(1)).toHaveLength(60);
    client.send(settingsFrame([setting.initialWindowSize, 50]));
    await receivedBytes(1, 100);
  });

  it('comes in frames that the peer takes', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 1_000_000]));
    const large = message(Buffer.alloc(40_000));
    client.open(1);
    for (let place = 0; place < large.length; place += 10_000) {
      client.send(frame(frameType.data, 0, 1, large.subarray(place, place + 10_000)));
    }
    await receivedBytes(1, large.length);
    expect(Math.max(...client.frames.map(({ payload }) => payload.length))).toBe(16_384);
  });

  it('is dropped when the client loses interest while it waits', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 0]));
    client.open(1);
    client.send(
      frame(frameType.data, 0, 1, request),
      frame(frameType.rstStream, 0, 1, uint32(8)),
      widen(0, 9),
    );
    await client.settled();
    expect(client.data(1)).toHaveLength(0);
    expect(echo.told).toEqual(['message 95', 'cancelled']);
  });
});

describe('what is received', () => {
  it('is given back, so that a client can send far more than a window', async () => {
    await begin(settingsFrame([setting.initialWindowSize, 2 ** 31 - 1]));
    client.send(widen(0, 2 ** 31 - 1 - 65_535));
    client.open(1);
    let mayStream = streamWindowBytes;
    let mayAll = 65_535;
    let looked = 0;
    const chunk = message(Buffer.alloc(9_995));
    for (let sent = 0; sent < connectionWindowBytes + 1_000_000; sent += chunk.length) {
      const allowance = (): boolean => {
        for (; looked < client.frames.length; looked += 1) {
          const each = client.frames[looked];
          if (each?.type !== frameType.windowUpdate) continue;
          if (each.id === 0) mayAll += each.payload.readUInt32BE(0);
          else mayStream += each.payload.readUInt32BE(0);
        }
        return Math.min(mayStream, mayAll) >= chunk.length;
      };
      await until(allowance, { what: 'a wider window' });
      client.send(frame(frameType.data, 0, 1, chunk));
      mayStream -= chunk.length;
      mayAll -= chunk.length;
    }
    client.send(frame(frameType.data, flag.endStream, 1));
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
  });

  it('is given back on its stream as well, padding and all', async () => {
    await begin(settingsFrame());
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
