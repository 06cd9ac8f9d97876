import { once } from 'node:events';
import { connect } from 'node:http2';
import { errorCode, flag, frameType, setting } from '../../../../src/grpc/http2/protocol.ts';
import {
  frame,
  message,
  processPath,
  RawClient,
  requestFields,
  settingsFrame,
  uint32,
} from '../../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';

/** What RFC 9113 requires when a client violates it. h2spec has more such cases. */
checkForLeaks();

let echo: EchoServer;
let client: RawClient;

beforeEach(async () => {
  echo = await new EchoServer().listen();
  client = await RawClient.connect(echo.address);
});

afterEach(async () => {
  client.close();
  await echo.server.close(500);
});

const headers = (id: number, block = requestFields()): Buffer =>
  frame(frameType.headers, flag.endHeaders, id, block);
const end = (id: number): Buffer => frame(frameType.data, flag.endStream, id);

describe('a connection ends', () => {
  it.each<[string, Buffer, number]>([
    ['for DATA on an idle stream', end(1), errorCode.protocolError],
    [
      'for RST_STREAM on an idle stream',
      frame(frameType.rstStream, 0, 1, uint32(8)),
      errorCode.protocolError,
    ],
    [
      'for WINDOW_UPDATE on an idle stream',
      frame(frameType.windowUpdate, 0, 1, uint32(1)),
      errorCode.protocolError,
    ],
    ['for an even stream id', headers(2), errorCode.protocolError],
    ['for HEADERS on stream 0', headers(0), errorCode.protocolError],
    ['for PING on a stream', frame(frameType.ping, 0, 1, Buffer.alloc(8)), errorCode.protocolError],
    ['for PING of a wrong length', frame(frameType.ping, 0, 0, Buffer.alloc(7)), errorCode.frameSizeError],
    [
      'for SETTINGS of a wrong length',
      frame(frameType.settings, 0, 0, Buffer.alloc(5)),
      errorCode.frameSizeError,
    ],
    ['for ENABLE_PUSH of 2', settingsFrame([2, 2]), errorCode.protocolError],
    ['for an initial window of 2^31', settingsFrame([4, 2 ** 31]), errorCode.flowControlError],
    ['for a frame size limit of 16,383 bytes', settingsFrame([5, 16_383]), errorCode.protocolError],
    ['for PUSH_PROMISE', frame(frameType.pushPromise, 0, 1, Buffer.alloc(4)), errorCode.protocolError],
    ['for another frame inside a header block', Buffer.concat([frame(frameType.headers, 0, 1), end(1)]), 1],
    ['for CONTINUATION without HEADERS', frame(frameType.continuation, 4, 1), errorCode.protocolError],
    ['for an invalid header block', headers(1, Buffer.from([0x80])), errorCode.compressionError],
    [
      'for padding longer than the frame',
      Buffer.concat([headers(1), frame(0, flag.padded, 1, Buffer.from([9]))]),
      1,
    ],
    ['for a frame that is too large', Buffer.from([0, 0x40, 1, 0, 0, 0, 0, 0, 1]), errorCode.frameSizeError],
    ['for WINDOW_UPDATE by 0', frame(frameType.windowUpdate, 0, 0, uint32(0)), errorCode.protocolError],
  ])('%s', async (_why, frames, code) => {
    client.send(frames);
    expect((await client.goAway()).code).toBe(code);
  });

  it('for another frame before SETTINGS', async () => {
    const other = await RawClient.connect(echo.address, headers(1));
    expect((await other.goAway()).code).toBe(errorCode.protocolError);
  });
});

describe('only the stream ends', () => {
  it.each<[string, Buffer, number]>([
    ['for DATA after END_STREAM', Buffer.concat([headers(1), end(1), end(1)]), errorCode.streamClosed],
    [
      'for a second HEADERS without END_STREAM',
      Buffer.concat([headers(1), headers(1)]),
      errorCode.protocolError,
    ],
    ['for an upper-case name', headers(1, requestFields({ 'X-Upper': 'x' })), errorCode.protocolError],
    [
      'for a connection-specific field of HTTP/1.1',
      headers(1, requestFields({ connection: 'close' })),
      errorCode.protocolError,
    ],
    ['for te other than trailers', headers(1, requestFields({ te: 'gzip' })), errorCode.protocolError],
    ['for a missing path', headers(1, requestFields({ ':path': undefined })), errorCode.protocolError],
    ['for a value with a line break', headers(1, requestFields({ a: 'b\r\nc' })), errorCode.protocolError],
    ['for an unknown pseudo-header field', headers(1, requestFields({ ':x': 'y' })), errorCode.protocolError],
    [
      'for less data than content-length announces',
      Buffer.concat([headers(1, requestFields({ 'content-length': '9' })), end(1)]),
      errorCode.protocolError,
    ],
    ['for PRIORITY of a wrong length', Buffer.concat([headers(1), frame(2, 0, 1, Buffer.alloc(4))]), 6],
    [
      'for a stream window above 2^31-1',
      Buffer.concat([headers(1), frame(frameType.windowUpdate, 0, 1, uint32(2 ** 31 - 1))]),
      errorCode.flowControlError,
    ],
  ])('%s', async (_why, frames, code) => {
    client.send(frames);
    expect(await client.resetCode(1)).toBe(code);
    client.send(headers(3), end(3));
    await until(() => client.frames.some(({ id, flags }) => id === 3 && flags & flag.endStream), {
      what: 'the response on the next stream',
    });
    expect(echo.open).toBe(0);
  });
});

describe('a request', () => {
  it('may arrive in any pieces: padded, with priority, in CONTINUATION frames, byte by byte', async () => {
    const block = requestFields();
    const padded = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 16]), block.subarray(0, 10), Buffer.alloc(3)]);
    const body = message(Buffer.from('hello'));
    const bytes = Buffer.concat([
      frame(frameType.headers, flag.padded | flag.priority, 1, padded),
      frame(frameType.continuation, 0, 1, block.subarray(10, 20)),
      frame(frameType.continuation, flag.endHeaders, 1, block.subarray(20)),
      frame(
        frameType.data,
        flag.padded,
        1,
        Buffer.concat([Buffer.from([2]), body.subarray(0, 3), Buffer.alloc(2)]),
      ),
      frame(frameType.data, 0, 1, body.subarray(3)),
      end(1),
    ]);
    for (const byte of bytes) {
      client.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    expect(await client.ended(1)).toMatchObject({ ':status': '200', 'grpc-status': '0' });
    expect(client.data(1)).toEqual(body);
    expect(echo.events).toEqual(['message 5', 'end']);
  });

  it('may end with trailers', async () => {
    client.send(
      headers(1),
      frame(frameType.headers, flag.endHeaders | flag.endStream, 1, Buffer.from([0x40, 1, 97, 1, 98])),
    );
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    expect(echo.events).toEqual(['end']);
  });

  it('that the server reset ignores frames that were under way', async () => {
    client.send(headers(1));
    await until(() => echo.open === 1, { what: 'the stream' });
    echo.streams[0]?.fail('UNAVAILABLE', 'no');
    expect(await client.resetCode(1)).toBe(errorCode.noError);
    client.send(frame(frameType.data, 0, 1, message(Buffer.from('late'))), end(1));
    await client.settled();
    expect(client.frames.filter(({ type }) => type === frameType.rstStream)).toHaveLength(1);
    expect(client.isClosed).toBe(false);
  });
});

describe('a client that allows no dynamic table', () => {
  it('gets one size update to 0, before any field', async () => {
    const other = await RawClient.connect(echo.address, settingsFrame([setting.headerTableSize, 0]));
    other.send(headers(1), end(1), headers(3), end(3));
    await other.ended(1);
    await other.ended(3);
    const begins = other.frames
      .filter(({ type }) => type === frameType.headers)
      .map(({ payload }) => payload[0]);
    expect(begins.filter((byte) => byte === 0x20)).toHaveLength(1);
    expect(begins[0]).toBe(0x20);
    other.close();
  });

  it('can be node:http2, which reads the response', async () => {
    const other = connect(`http://${echo.address}`, { settings: { headerTableSize: 0 } });
    // Its settings apply once they are acknowledged.
    await once(other, 'localSettings');
    const stream = other.request({
      ':method': 'POST',
      ':path': processPath,
      'content-type': 'application/grpc',
    });
    stream.end();
    stream.resume();
    const [answer] = await once(stream, 'response');
    expect(answer).toMatchObject({ ':status': 200, 'grpc-status': '0' });
    await once(stream, 'close');
    other.close();
  });
});

describe('the loss of the connection', () => {
  it.each<[string, (raw: RawClient) => void]>([
    ['by a reset', (raw) => raw.socket.resetAndDestroy()],
    ['by a half-close', (raw) => raw.socket.end()],
    ['for a connection error', (raw) => raw.send(frame(frameType.ping, 0, 0))],
  ])('%s ends each stream once', async (_how, lose) => {
    client.send(headers(1), headers(3));
    await until(() => echo.open === 2, { what: 'two streams' });
    lose(client);
    await client.closed();
    await until(() => echo.events.length === 2, { what: 'both streams to end' });
    expect(echo.events).toEqual(['error', 'error']);
  });
});
