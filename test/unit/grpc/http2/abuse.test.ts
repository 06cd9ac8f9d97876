import { burstSeconds } from '../../../../src/grpc/http2/limits.ts';
import { errorCode, flag, frameType, setting } from '../../../../src/grpc/http2/protocol.ts';
import { mostHeldBytes } from '../../../../src/grpc/http2/streams.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoTransport } from '../../../support/echoTransport.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import {
  frame,
  message,
  RawClient,
  requestFields,
  settingsFrame,
  uint32,
} from '../../../support/rawHttp2.ts';

checkForLeaks();

/** So few a second that no test outlasts the burst. */
const perSecond = 2;
const burst = perSecond * burstSeconds;

let echo: EchoTransport;
let client: RawClient;

beforeEach(async () => {
  echo = await new EchoTransport({
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
  await echo.transport.close(500);
});

const repeat = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
const openAndReset = (index: number): Buffer =>
  Buffer.concat([
    frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields()),
    frame(frameType.rstStream, 0, index * 2 + 1, uint32(errorCode.cancel)),
  ]);

describe('a client is sent away with ENHANCE_YOUR_CALM', () => {
  it.each<[string, Buffer, string]>([
    ['for rapid resets (CVE-2023-44487)', repeat(100, openAndReset), 'too many stream resets'],
    [
      'for requests that this side must reset (CVE-2019-9514)',
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
      'too many frames without content',
    ],
    [
      'for shuffled priorities (CVE-2019-9513)',
      repeat(100, () => frame(frameType.priority, 0, 1, Buffer.alloc(5))),
      'too many frames without content',
    ],
    [
      'for changing the window of all its streams again and again',
      Buffer.concat([
        repeat(10, (index) => frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields())),
        // Half of what it may send of SETTINGS alone.
        repeat(burst / 2, (index) => settingsFrame([setting.initialWindowSize, index])),
        settingsFrame([setting.initialWindowSize, 1000]),
      ]),
      'too many PING and SETTINGS frames',
    ],
    ['for frames of unknown types', repeat(100, () => frame(200, 0, 0)), 'too many frames without content'],
    [
      'for empty CONTINUATION frames (CVE-2019-9518)',
      Buffer.concat([frame(frameType.headers, 0, 1), repeat(100, () => frame(frameType.continuation, 0, 1))]),
      'too many frames without content',
    ],
    [
      'for questions whose answers it does not take (CVE-2019-9517)',
      Buffer.concat([
        settingsFrame([setting.initialWindowSize, 0]),
        frame(frameType.headers, flag.endHeaders, 1, requestFields()),
        repeat(1000, () => frame(frameType.data, 0, 1, message(Buffer.alloc(10_000)))),
      ]),
      'too many answers that are not taken',
    ],
    [
      'for a header block without end (CVE-2024-27316)',
      Buffer.concat([
        frame(frameType.headers, 0, 1, requestFields()),
        repeat(100, () => frame(frameType.continuation, 0, 1, Buffer.alloc(1000, 0x82))),
      ]),
      'a header block without an end',
    ],
  ])('%s', async (_why, frames, why) => {
    client.send(frames);
    expect(await client.sentAway()).toEqual({ code: errorCode.enhanceYourCalm, why });
    await until(() => echo.open === 0, { what: 'the end of all streams' });
  });
});

describe('a client is served', () => {
  it('as long as it keeps to its budget', async () => {
    client.send(repeat(burst, openAndReset));
    client.open(burst * 2 + 1);
    client.send(frame(frameType.data, flag.endStream, burst * 2 + 1, message(Buffer.from('x'))));
    expect(await client.ended(burst * 2 + 1)).toMatchObject({ 'grpc-status': '0' });
  });
});

describe('an answer', () => {
  it('is short, however long the words of the request that it repeats', async () => {
    client.open(1, requestFields({ ':path': `/${'%'.repeat(2000)}` }), flag.endHeaders | flag.endStream);
    const { payload } = await client.frame(frameType.headers, 1);
    expect(payload.length).toBeLessThan(400);
    expect(await client.ended(1)).toMatchObject({
      'grpc-status': '12',
      'grpc-message': expect.stringMatching(/^there is no method \/(%25)+$/),
    });
  });
});

describe('a stream', () => {
  it('is refused when there are too many, for the client to try it elsewhere', async () => {
    client.send(
      repeat(11, (index) => frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields())),
    );
    expect(await client.resetCode(21)).toBe(errorCode.refusedStream);
    expect(echo.open).toBe(10);
  });

  it('that is refused is refused once, whatever else of its request is under way', async () => {
    client.send(
      repeat(11, (index) => frame(frameType.headers, flag.endHeaders, index * 2 + 1, requestFields())),
      frame(frameType.data, 0, 21, message(Buffer.from('x'))),
      frame(frameType.headers, flag.endHeaders | flag.endStream, 21, Buffer.from([0x40, 1, 97, 1, 98])),
    );
    await client.settled();
    expect(client.isClosed).toBe(false);
    expect(client.frames.filter(({ type }) => type === frameType.rstStream)).toHaveLength(1);
  });

  it('with too many header fields is answered 431, whatever it costs to send them', async () => {
    client.open(1, requestFields({ 'x-large': 'x'.repeat(4000) }));
    expect(await client.ended(1)).toEqual({ ':status': '431' });
    // Small on the wire, large when it is read: one field of the dynamic table again and again.
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

describe('messages that are never whole', () => {
  it('may occupy only so much of one connection; the others go on', async () => {
    const announced = 1_000_000;
    const count = Math.ceil(mostHeldBytes / announced) + 3;
    const roomy = await new EchoTransport({ limits: { streams: 1000 } }).listen();
    const other = await RawClient.connect(roomy.address);
    const begun = message(Buffer.alloc(announced)).subarray(0, -1);
    for (let index = 0; index < count; index += 1) {
      const id = index * 2 + 1;
      other.open(id);
      for (let place = 0; place < begun.length; place += 16_384) {
        other.send(frame(frameType.data, 0, id, begun.subarray(place, place + 16_384)));
      }
      await other.settled();
    }
    expect(roomy.open).toBeLessThan(count);
    expect(roomy.open).toBeGreaterThan(count / 2);
    const last = count * 2 - 1;
    expect(await other.ended(last)).toMatchObject({ 'grpc-status': '8' });
    other.send(frame(frameType.data, flag.endStream, 1, Buffer.alloc(1)));
    await until(() => roomy.told.includes(`message ${announced}`), { what: 'the message that became whole' });
    // What was occupied is free again.
    other.open(last + 2);
    other.send(frame(frameType.data, 0, last + 2, begun.subarray(0, 10_000)));
    await other.settled();
    expect(other.frames.some(({ id, type }) => id === last + 2 && type === frameType.headers)).toBe(false);
    other.close();
    await roomy.transport.close(500);
  });
});

describe('a client that does not read', () => {
  it('is not read from either, and is served when it reads again', async () => {
    client.send(settingsFrame([setting.initialWindowSize, 2 ** 31 - 1]));
    client.send(frame(frameType.windowUpdate, 0, 0, uint32(2 ** 31 - 1 - 65_535)));
    client.socket.pause();
    client.open(1);
    const chunk = frame(frameType.data, 0, 1, message(Buffer.alloc(16_000)));
    let sent = 0;
    // Until the server's end takes no more of it.
    while (client.socket.writableLength < 8 * 1024 * 1024) {
      client.send(chunk);
      sent += 1;
      await new Promise(setImmediate);
    }
    expect(echo.told.length).toBeLessThan(sent);
    client.socket.resume();
    await until(() => echo.told.length === sent, { what: 'all messages' });
  });
});
