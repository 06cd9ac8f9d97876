import { burstSeconds } from '../../../../src/grpc/http2/limits.ts';
import { errorCode, flag, frameType, setting } from '../../../../src/grpc/http2/protocol.ts';
import {
  frame,
  message,
  RawClient,
  requestFields,
  settingsFrame,
  uint32,
} from '../../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { generousLimits } from '../../../support/generousLimits.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';

checkForLeaks();

/** So low that no test runs long enough to refill the burst. */
const perSecond = 2;
const burst = perSecond * burstSeconds;

let echo: EchoServer;
let client: RawClient;

beforeEach(async () => {
  echo = await new EchoServer({
    limits: {
      streams: 10,
      headerBytes: 4096,
      resetsPerSecond: perSecond,
      controlFramesPerSecond: perSecond,
      emptyFramesPerSecond: perSecond,
    },
  }).listen();
  client = await RawClient.connect(echo.address);
});

afterEach(async () => {
  client.close();
  await echo.server.close(500);
});

const repeat = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
const openAndReset = (index: number): Buffer =>
  Buffer.concat([
    frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields()),
    frame(frameType.rstStream, 0, index * 2 + 1, uint32(errorCode.cancel)),
  ]);

describe('a client that sends a PING for each answer, as ordinary clients of gRPC do', () => {
  const ping = frame(frameType.ping, 0, 0, Buffer.alloc(8));
  const call = (id: number): Buffer =>
    Buffer.concat([
      frame(frameType.headers, flag.endHeaders, id, requestFields()),
      frame(frameType.data, flag.endStream, id, message(Buffer.from('x'))),
    ]);
  const answerAll = async (calls: number): Promise<void> => {
    for (let nth = 0; nth < calls; nth += 1) {
      const id = 2 * nth + 1;
      client.send(call(id));
      await client.ended(id);
      client.send(ping);
    }
  };

  it('is served without end', async () => {
    await answerAll(6 * burst);
    expect(client.frames.some(({ type }) => type === frameType.goaway)).toBe(false);
  });

  it('may not send more PINGs than it got frames, beyond the limit', async () => {
    await answerAll(3);
    client.send(repeat(100, () => ping));
    expect(await client.goAway()).toEqual({
      code: errorCode.enhanceYourCalm,
      message: 'too many PING and SETTINGS frames',
    });
  });
});

describe('a connection ends with ENHANCE_YOUR_CALM', () => {
  it.each<[string, Buffer, string]>([
    ['for rapid resets (CVE-2023-44487)', repeat(100, openAndReset), 'too many stream resets'],
    [
      'for requests that the server must reset (CVE-2019-9514)',
      repeat(100, (index) =>
        frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields({ connection: 'close' })),
      ),
      'too many stream resets',
    ],
    [
      'for a PING flood (CVE-2019-9512)',
      repeat(100, () => frame(frameType.ping, 0, 0, Buffer.alloc(8))),
      'too many PING and SETTINGS frames',
    ],
    [
      'for a SETTINGS flood (CVE-2019-9515)',
      repeat(100, () => settingsFrame()),
      'too many PING and SETTINGS frames',
    ],
    [
      'for empty DATA frames (CVE-2019-9518)',
      Buffer.concat([
        frame(frameType.headers, flag.endHeaders, 1, requestFields()),
        repeat(100, () => frame(frameType.data, 0, 1)),
      ]),
      'too many empty frames',
    ],
    [
      'for shuffled priorities (CVE-2019-9513)',
      repeat(100, () => frame(frameType.priority, 0, 1, Buffer.alloc(5))),
      'too many empty frames',
    ],
    [
      'for repeated changes of the initial window of all streams',
      Buffer.concat([
        repeat(10, (index) => frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields())),
        // Half of the SETTINGS frames that the burst allows.
        repeat(burst / 2, (index) => settingsFrame([setting.initialWindowSize, index])),
        settingsFrame([setting.initialWindowSize, 1000]),
      ]),
      'too many PING and SETTINGS frames',
    ],
    ['for frames of unknown types', repeat(100, () => frame(200, 0, 0)), 'too many empty frames'],
    [
      'for empty CONTINUATION frames (CVE-2019-9518)',
      Buffer.concat([frame(frameType.headers, 0, 1), repeat(100, () => frame(frameType.continuation, 0, 1))]),
      'too many empty frames',
    ],
    [
      'for an endless header block (CVE-2024-27316)',
      Buffer.concat([
        frame(frameType.headers, 0, 1, requestFields()),
        repeat(100, () => frame(frameType.continuation, 0, 1, Buffer.alloc(1000, 0x82))),
      ]),
      'the header block is too large',
    ],
  ])('%s', async (_why, frames, message) => {
    client.send(frames);
    expect(await client.goAway()).toEqual({ code: errorCode.enhanceYourCalm, message });
    await until(() => echo.open === 0, { what: 'the end of all streams' });
  });
});

describe('a client is served', () => {
  it('while it stays within its budgets', async () => {
    client.send(repeat(burst, openAndReset));
    client.open(burst * 2 + 1);
    client.send(frame(frameType.data, flag.endStream, burst * 2 + 1, message(Buffer.from('x'))));
    expect(await client.ended(burst * 2 + 1)).toMatchObject({ 'grpc-status': '0' });
  });
});

describe('a response', () => {
  it('is short, however long the text of the request is that it quotes', async () => {
    client.open(1, requestFields({ ':path': `/${'%'.repeat(2000)}` }), flag.endHeaders | flag.endStream);
    const { payload } = await client.frame(frameType.headers, 1);
    expect(payload.length).toBeLessThan(400);
    expect(await client.ended(1)).toMatchObject({
      'grpc-status': '12',
      'grpc-message': expect.stringMatching(/^unknown method \/(%25)+$/),
    });
  });
});

describe('a stream', () => {
  it('is refused with REFUSED_STREAM above the limit, so that the client may retry elsewhere', async () => {
    client.send(
      repeat(11, (index) => frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields())),
    );
    expect(await client.resetCode(21)).toBe(errorCode.refusedStream);
    expect(echo.open).toBe(10);
  });

  it('is refused once, whatever else of its request is under way', async () => {
    client.send(
      repeat(11, (index) => frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields())),
      frame(frameType.data, 0, 21, message(Buffer.from('x'))),
      frame(frameType.headers, flag.endHeaders | flag.endStream, 21, Buffer.from([0x40, 1, 97, 1, 98])),
    );
    await client.settled();
    expect(client.isClosed).toBe(false);
    expect(client.frames.filter(({ type }) => type === frameType.rstStream)).toHaveLength(1);
  });

  it('with too large a header list is answered with 431, however small it is on the wire', async () => {
    client.open(1, requestFields({ 'x-large': 'x'.repeat(4000) }));
    expect(await client.ended(1)).toEqual({ ':status': '431' });
    // Small on the wire, large when decoded: one field of the dynamic table many times.
    const bomb = Buffer.concat([
      requestFields(),
      Buffer.from([0x40, 1, 97, 127, 0]),
      Buffer.alloc(127, 98),
      Buffer.alloc(1000, 0x80 | 62),
    ]);
    client.open(3, bomb);
    expect(await client.ended(3)).toEqual({ ':status': '431' });
    expect(echo.accepted).toBe(0);
  });
});

describe('partial messages', () => {
  it('may occupy a limited amount of memory for each connection, and other streams go on', async () => {
    const announced = 1_000_000;
    const totalLimits = { bufferBytes: 64 * 1024 * 1024 };
    const count = Math.ceil(totalLimits.bufferBytes / 2 / announced) + 3;
    const roomy = await new EchoServer({ limits: { streams: 1000 }, totalLimits }).listen();
    const other = await RawClient.connect(roomy.address);
    const incomplete = message(Buffer.alloc(announced)).subarray(0, -1);
    for (let index = 0; index < count; index += 1) {
      const id = index * 2 + 1;
      other.open(id);
      for (let offset = 0; offset < incomplete.length; offset += 16_384) {
        other.send(frame(frameType.data, 0, id, incomplete.subarray(offset, offset + 16_384)));
      }
      await other.settled();
    }
    expect(roomy.open).toBeLessThan(count);
    expect(roomy.open).toBeGreaterThan(count / 2);
    const last = count * 2 - 1;
    expect(await other.ended(last)).toMatchObject({ 'grpc-status': '8' });
    other.send(frame(frameType.data, flag.endStream, 1, Buffer.alloc(1)));
    await until(() => roomy.events.includes(`message ${announced}`), { what: 'the completed message' });
    // Its memory is free again.
    other.open(last + 2);
    other.send(frame(frameType.data, 0, last + 2, incomplete.subarray(0, 10_000)));
    await other.settled();
    expect(other.frames.some(({ id, type }) => id === last + 2 && type === frameType.headers)).toBe(false);
    other.close();
    await roomy.server.close(500);
  });
});

describe('a client that does not read', () => {
  it('is not read from, and is served when it reads again', async () => {
    client.send(settingsFrame([setting.initialWindowSize, 2 ** 31 - 1]));
    client.send(frame(frameType.windowUpdate, 0, 0, uint32(2 ** 31 - 1 - 65_535)));
    client.socket.pause();
    client.open(1);
    const chunk = frame(frameType.data, 0, 1, message(Buffer.alloc(16_000)));
    let sent = 0;
    // Until the server stops reading.
    while (client.socket.writableLength < 8 * 1024 * 1024) {
      client.send(chunk);
      sent += 1;
      await new Promise(setImmediate);
    }
    expect(echo.events.length).toBeLessThan(sent);
    client.socket.resume();
    await until(() => echo.events.length === sent, { what: 'all messages' });
  });
});

it('is closed for requests on many streams whose responses it does not read (CVE-2019-9517)', async () => {
  client.close();
  await echo.server.close(500);
  echo = await new EchoServer({ limits: { ...generousLimits, streams: 100 } }).listen();
  client = await RawClient.connect(echo.address, settingsFrame([setting.initialWindowSize, 0]));
  for (let id = 1; id < 140; id += 2) {
    client.send(frame(frameType.headers, flag.endHeaders, id, requestFields()));
    client.send(repeat(26, () => frame(frameType.data, 0, id, message(Buffer.alloc(10_000)))));
  }
  const error = { code: errorCode.enhanceYourCalm, message: 'too many unread response bytes' };
  expect(await client.goAway()).toEqual(error);
  await until(() => echo.open === 0, { what: 'the end of all streams' });
});
