import { once } from 'node:events';
import { connect } from 'node:http2';
import { errorCode, flag, frameType, setting } from '../../../../src/grpc/http2/protocol.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoTransport } from '../../../support/echoTransport.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import {
  frame,
  message,
  processPath,
  RawClient,
  requestFields,
  settingsFrame,
  uint32,
} from '../../../support/rawHttp2.ts';

/** What RFC 9113 wants of a server, by what a client does wrong; h2spec asks more of the like. */
checkForLeaks();

let echo: EchoTransport;
let client: RawClient;

beforeEach(async () => {
  echo = await new EchoTransport().listen();
  client = await RawClient.connect(echo.address);
});

afterEach(async () => {
  client.close();
  await echo.transport.close(500);
});

const headers = (id: number, block = requestFields()): Buffer =>
  frame(frameType.headers, flag.endHeaders, id, block);
const end = (id: number): Buffer => frame(frameType.data, flag.endStream, id);

describe('a connection ends', () => {
  it.each<[string, Buffer, number]>([
    ['for DATA on a stream that was never opened', end(1), errorCode.protocolError],
    ['for RST_STREAM on one', frame(frameType.rstStream, 0, 1, uint32(8)), errorCode.protocolError],
    ['for WINDOW_UPDATE on one', frame(frameType.windowUpdate, 0, 1, uint32(1)), errorCode.protocolError],
    ['for an even stream id', headers(2), errorCode.protocolError],
    ['for HEADERS on no stream', headers(0), errorCode.protocolError],
    ['for PING on a stream', frame(frameType.ping, 0, 1, Buffer.alloc(8)), errorCode.protocolError],
    ['for a PING of a wrong size', frame(frameType.ping, 0, 0, Buffer.alloc(7)), errorCode.frameSizeError],
    [
      'for SETTINGS of a wrong size',
      frame(frameType.settings, 0, 0, Buffer.alloc(5)),
      errorCode.frameSizeError,
    ],
    ['for ENABLE_PUSH of 2', settingsFrame([2, 2]), errorCode.protocolError],
    ['for a window of 2^31', settingsFrame([4, 2 ** 31]), errorCode.flowControlError],
    ['for frames of 16,383 bytes', settingsFrame([5, 16_383]), errorCode.protocolError],
    ['for a push', frame(frameType.pushPromise, 0, 1, Buffer.alloc(4)), errorCode.protocolError],
    ['for a frame within a header block', Buffer.concat([frame(frameType.headers, 0, 1), end(1)]), 1],
    ['for CONTINUATION of nothing', frame(frameType.continuation, 4, 1), errorCode.protocolError],
    ['for a header block that is none', headers(1, Buffer.from([0x80])), errorCode.compressionError],
    [
      'for more padding than frame',
      Buffer.concat([headers(1), frame(0, flag.padded, 1, Buffer.from([9]))]),
      1,
    ],
    ['for a frame that is too large', Buffer.from([0, 0x40, 1, 0, 0, 0, 0, 0, 1]), errorCode.frameSizeError],
    [
      'for a window widened by nothing',
      frame(frameType.windowUpdate, 0, 0, uint32(0)),
      errorCode.protocolError,
    ],
  ])('%s', async (_why, frames, code) => {
    client.send(frames);
    expect((await client.sentAway()).code).toBe(code);
  });

  it('for anything before SETTINGS', async () => {
    const other = await RawClient.connect(echo.address, headers(1));
    expect((await other.sentAway()).code).toBe(errorCode.protocolError);
  });
});

describe('a stream ends, and the connection goes on,', () => {
  it.each<[string, Buffer, number]>([
    ['for DATA after its end', Buffer.concat([headers(1), end(1), end(1)]), errorCode.streamClosed],
    [
      'for a second HEADERS that ends nothing',
      Buffer.concat([headers(1), headers(1)]),
      errorCode.protocolError,
    ],
    ['for an upper-case name', headers(1, requestFields({ 'X-Upper': 'x' })), errorCode.protocolError],
    ['for a field of HTTP/1', headers(1, requestFields({ connection: 'close' })), errorCode.protocolError],
    ['for te other than trailers', headers(1, requestFields({ te: 'gzip' })), errorCode.protocolError],
    ['for a missing path', headers(1, requestFields({ ':path': undefined })), errorCode.protocolError],
    ['for a value with a line break', headers(1, requestFields({ a: 'b\r\nc' })), errorCode.protocolError],
    ['for a pseudo field that is unknown', headers(1, requestFields({ ':x': 'y' })), errorCode.protocolError],
    [
      'for less than content-length says',
      Buffer.concat([headers(1, requestFields({ 'content-length': '9' })), end(1)]),
      errorCode.protocolError,
    ],
    ['for a priority of a wrong size', Buffer.concat([headers(1), frame(2, 0, 1, Buffer.alloc(4))]), 6],
    [
      'for a window beyond 2^31',
      Buffer.concat([headers(1), frame(frameType.windowUpdate, 0, 1, uint32(2 ** 31 - 1))]),
      errorCode.flowControlError,
    ],
  ])('%s', async (_why, frames, code) => {
    client.send(frames);
    expect(await client.resetCode(1)).toBe(code);
    client.send(headers(3), end(3));
    await until(() => client.frames.some(({ id, flags }) => id === 3 && flags & flag.endStream), {
      what: 'the answer on the next stream',
    });
    expect(echo.open).toBe(0);
  });
});

describe('a request', () => {
  it('may come in any pieces: padded, with priority, in CONTINUATION frames, byte by byte', async () => {
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
    expect(echo.told).toEqual(['message 5', 'end']);
  });

  it('may end with trailers', async () => {
    client.send(
      headers(1),
      frame(frameType.headers, flag.endHeaders | flag.endStream, 1, Buffer.from([0x40, 1, 97, 1, 98])),
    );
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    expect(echo.told).toEqual(['end']);
  });

  it('that was broken off here is not confused by what was under way', async () => {
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

describe('a client that allows header blocks no table', () => {
  it('is told once that none is used, before anything else', async () => {
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

  it('is understood by others: node:http2 reads the answer', async () => {
    const other = connect(`http://${echo.address}`, { settings: { headerTableSize: 0 } });
    // Its own settings are in force once they are acknowledged.
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
    ['by its end', (raw) => raw.socket.end()],
    ['for a mistake', (raw) => raw.send(frame(frameType.ping, 0, 0))],
  ])('%s ends each stream once', async (_how, lose) => {
    client.send(headers(1), headers(3));
    await until(() => echo.open === 2, { what: 'two streams' });
    lose(client);
    await client.closed();
    await until(() => echo.told.length === 2, { what: 'both ends' });
    expect(echo.told).toEqual(['error', 'error']);
  });
});
