import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { flag, frameType } from '../../../../src/grpc/http2/protocol.ts';
import { frame, message, RawClient, requestFields } from '../../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../../tools/testbed/until.ts';
import { EchoServer } from '../../../support/echoServer.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';

checkForLeaks();

const maxMessageBytes = 1000;
let echo: EchoServer;
let client: RawClient;

beforeEach(async () => {
  echo = await new EchoServer({ maxMessageBytes }).listen();
  client = await RawClient.connect(echo.address);
});

afterEach(async () => {
  client.close();
  await echo.server.close(500);
});

function call(changes: Record<string, string | undefined>, ...messages: Buffer[]): void {
  client.open(1, requestFields(changes));
  client.send(...messages.map((each) => frame(frameType.data, 0, 1, each)));
}
const halfClose = (): void => client.send(frame(frameType.data, flag.endStream, 1));

describe('a request that is not a gRPC call', () => {
  it.each([
    ['another method', { ':method': 'GET' }, '405'],
    ['another content type', { 'content-type': 'application/json' }, '415'],
    ['a content type with the same beginning', { 'content-type': 'application/grpc-web' }, '415'],
    ['no content type', { 'content-type': undefined }, '415'],
  ])('gets an HTTP status: %s', async (_what, changes, status) => {
    call(changes);
    halfClose();
    expect(await client.ended(1)).toEqual({ ':status': status });
  });

  it.each([
    ['an unknown method', { ':path': '/some.Service/Else' }, '12', 'unknown method /some.Service/Else'],
    ['an unknown encoding', { 'grpc-encoding': 'br' }, '12', 'unsupported grpc-encoding br'],
    ['an invalid timeout', { 'grpc-timeout': '5 minutes' }, '13', 'invalid grpc-timeout 5 minutes'],
  ])('gets a gRPC status at once: %s', async (_what, changes, status, reason) => {
    call(changes);
    expect(await client.ended(1)).toMatchObject({
      ':status': '200',
      'content-type': 'application/grpc',
      'grpc-status': status,
      'grpc-message': reason,
    });
    expect(echo.accepted).toBe(0);
  });

  it.each(['gzip', 'deflate', 'br'])('learns that messages may not be compressed: %s', async (encoding) => {
    call({ 'grpc-encoding': encoding }, message(gzipSync(Buffer.from('x')), true));
    expect(await client.ended(1)).toMatchObject({
      'grpc-status': '12',
      'grpc-message': `unsupported grpc-encoding ${encoding}`,
      'grpc-accept-encoding': 'identity',
    });
    expect(echo.accepted).toBe(0);
  });
});

describe('messages', () => {
  it('are extracted from frames that hold several, or parts', async () => {
    const all = Buffer.concat([
      message(Buffer.from('one')),
      message(Buffer.alloc(0)),
      message(Buffer.alloc(700, 3)),
    ]);
    call(
      { 'content-type': 'application/grpc+proto' },
      all.subarray(0, 9),
      all.subarray(9, 300),
      all.subarray(300),
    );
    halfClose();
    await client.ended(1);
    expect(echo.events).toEqual(['message 3', 'message 0', 'message 700', 'end']);
    expect(client.data(1)).toEqual(all);
  });

  it.each([
    ['announces too many bytes', {}, message(Buffer.alloc(maxMessageBytes + 1)).subarray(0, 5), '8'],
    ['is too large', {}, message(Buffer.alloc(maxMessageBytes + 1)), '8'],
    ['is compressed without grpc-encoding', {}, message(gzipSync(Buffer.from('x')), true), '13'],
  ])('end the call when one %s', async (_what, changes, bytes, status) => {
    call(changes, bytes);
    expect(await client.ended(1)).toHaveProperty('grpc-status', status);
    expect(echo.events).toEqual(['error']);
  });

  it('end the call when the last one is incomplete', async () => {
    call({}, message(Buffer.from('hello')).subarray(0, 7));
    halfClose();
    expect(await client.ended(1)).toHaveProperty('grpc-status', '13');
    expect(echo.events).toEqual(['error']);
  });
});

describe('a message that its listener takes as it arrives', () => {
  const first = 'L';
  const long = (bytes: number): Buffer => message(Buffer.from(first.repeat(bytes)));
  let partly: EchoServer;
  let sender: RawClient;

  beforeEach(async () => {
    const longMessageByte = first.charCodeAt(0);
    partly = await new EchoServer({ maxMessageBytes, longMessageByte }).listen();
    sender = await RawClient.connect(partly.address);
    sender.open(1, requestFields());
  });
  afterEach(async () => {
    sender.close();
    await partly.server.close(500);
    expect(partly.unexpected).toEqual([]);
  });
  const sendInFrames = (bytes: Buffer, size: number): void => {
    for (let start = 0; start < bytes.length; start += size) {
      sender.send(frame(frameType.data, 0, 1, bytes.subarray(start, start + size)));
    }
  };
  const eventsAre = (...events: string[]) =>
    until(() => partly.events.length >= events.length, { what: 'the messages' }).then(() =>
      expect(partly.events).toEqual(events),
    );

  it.each([1, 2, 3, 5, 6, 7, 1000])('comes whole in frames of %i bytes, between others', async (size) => {
    const other = message(Buffer.from('other'));
    sendInFrames(Buffer.concat([long(40), other, message(Buffer.alloc(0)), long(30), other]), size);
    const inParts = (bytes: number) => [`parts ${bytes}`, first.repeat(8)];
    const whole = ['message 40', 'message 5', 'message 0', 'message 30', 'message 5'];
    const parts = [...inParts(40), 'message 5', 'message 0', ...inParts(30), 'message 5'];
    // What is there at once is no long message.
    await eventsAre(...(size < 40 ? parts : whole));
  });

  it('may be longer than a message that is collected', async () => {
    sendInFrames(long(1_000_000), 16_000);
    await eventsAre('parts 1000000', first.repeat(8));
  });

  it('ends the call when it is incomplete', async () => {
    sendInFrames(long(100).subarray(0, 60), 20);
    sender.send(frame(frameType.data, flag.endStream, 1));
    expect(await sender.ended(1)).toMatchObject({ 'grpc-status': '13' });
    expect(partly.events).toEqual(['error']);
  });
});

describe('where messages may be compressed', () => {
  beforeEach(async () => {
    client.close();
    await echo.server.close(500);
    echo = await new EchoServer({ maxMessageBytes, acceptsCompressed: true }).listen();
    client = await RawClient.connect(echo.address);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('each is by itself, with %s', async (encoding, compress) => {
    const plain = Buffer.from('0123456789'.repeat(40));
    call({ 'grpc-encoding': encoding }, message(compress(plain), true), message(plain));
    halfClose();
    await client.ended(1);
    expect(client.data(1)).toEqual(Buffer.concat([message(plain), message(plain)]));
  });

  it('a call learns the supported encodings', async () => {
    call({ 'grpc-encoding': 'br' });
    expect(await client.ended(1)).toHaveProperty('grpc-accept-encoding', 'identity,deflate,gzip');
  });

  const tooLarge = 'the message is larger than 1000 bytes, or than 32 times its compressed bytes';
  it.each([
    ['too many bytes', gzipSync(randomBytes(100).toString('hex').repeat(6)), '8', tooLarge],
    ['much more than it was', gzipSync(Buffer.alloc(999)), '8', tooLarge],
    ['nothing, since it is not gzip', Buffer.from('plain'), '13', expect.stringContaining('not valid gzip')],
  ])('a call ends with one that expands to %s', async (_what, bytes, status, reason) => {
    call({ 'grpc-encoding': 'gzip' }, message(bytes, true));
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': status, 'grpc-message': reason });
    expect(echo.events).toEqual(['error']);
  });
});

describe('a call', () => {
  it('fails when its deadline is exceeded', async () => {
    call({ 'grpc-timeout': '20m' }, message(Buffer.from('x')));
    expect(await client.ended(1)).toHaveProperty('grpc-status', '4');
    expect(echo.events).toEqual(['message 1', 'cancelled']);
  });

  it('that ends in time leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    await client.settled();
    const before = timers();
    call({ 'grpc-timeout': '1H' });
    await until(() => echo.open === 1, { what: 'the call' });
    halfClose();
    await client.settled();
    expect(echo.events).toEqual(['end']);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('fails with a message of any text', async () => {
    call({}, message(Buffer.from('x')));
    await until(() => echo.open === 1, { what: 'the call' });
    echo.streams[0]?.fail('INVALID_ARGUMENT', 'größer als 100 %\n');
    expect(await client.ended(1)).toMatchObject({
      'grpc-status': '3',
      'grpc-message': 'gr%C3%B6%C3%9Fer als 100 %25%0A',
    });
  });

  it('sends nothing after its end', async () => {
    call({}, message(Buffer.from('x')));
    await until(() => echo.streams.length === 1, { what: 'the call' });
    const [stream] = echo.streams;
    stream?.end();
    stream?.reply(Buffer.from('y'));
    stream?.fail('INTERNAL', 'z');
    stream?.end();
    expect(await client.ended(1)).toHaveProperty('grpc-status', '0');
    await client.settled();
    expect(client.frames.filter(({ type }) => type === frameType.headers)).toHaveLength(2);
    expect(client.data(1)).toHaveLength(6);
  });
});
