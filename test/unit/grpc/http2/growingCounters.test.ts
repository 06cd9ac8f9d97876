import { AbuseBudgets } from '../../../../src/grpc/http2/abuseBudgets.ts';
import { FairTurns } from '../../../../src/grpc/http2/fairTurns.ts';
import { burstSeconds } from '../../../../src/grpc/http2/limits.ts';
import { errorCode, flag, frameType, preface, setting } from '../../../../src/grpc/http2/protocol.ts';
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
import { connectionOn } from '../../../support/memoryConnection.ts';
import { MemorySocket } from '../../../support/memorySocket.ts';

/** What only grows while a connection, or the process, lives: at the edges of its types. */
checkForLeaks();

const edges = [2 ** 28, 2 ** 31, 2 ** 32, 2 ** 53 - 1];
const largest = 2 ** 31 - 1;

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

const hello = message(Buffer.from('x'));
const call = (id: number): void => {
  client.open(id);
  client.send(frame(frameType.data, flag.endStream, id, hello));
};

describe('stream ids', () => {
  it('are served up to the last one, behind which the client needs another connection', async () => {
    for (const id of [2 ** 28 + 1, 2 ** 30 + 1, largest - 2, largest]) {
      call(id);
      expect(await client.ended(id)).toMatchObject({ 'grpc-status': '0' });
      expect(client.data(id)).toEqual(hello);
    }
    client.open(1);
    const { payload } = await client.frame(frameType.goaway);
    expect([payload.readUInt32BE(0), payload.readUInt32BE(4)]).toEqual([largest, errorCode.streamClosed]);
  });

  it('are named by the last GOAWAY as well', async () => {
    client.open(largest);
    await until(() => echo.open === 1, { what: 'the stream' });
    const closed = echo.server.close(5_000);
    const ping = await client.frame(frameType.ping);
    client.send(frame(frameType.ping, flag.ack, 0, ping.payload));
    const goaways = () => client.frames.filter(({ type }) => type === frameType.goaway);
    await until(() => goaways().length === 2, { what: 'the second GOAWAY' });
    expect(goaways().map(({ payload }) => payload.readUInt32BE(0))).toEqual([largest, largest]);
    client.send(frame(frameType.data, flag.endStream, largest, hello));
    expect(await client.ended(largest)).toMatchObject({ 'grpc-status': '0' });
    await closed;
  });
});

describe('windows', () => {
  it('may be 2^31-1, and not one more', async () => {
    client.send(settingsFrame([setting.initialWindowSize, largest]));
    client.send(frame(frameType.windowUpdate, 0, 0, uint32(largest - 65_535)));
    call(1);
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    // What was sent is missing in the window of the connection.
    client.send(frame(frameType.windowUpdate, 0, 0, uint32(hello.length)));
    await client.settled();
    expect(client.isClosed).toBe(false);
    client.send(frame(frameType.windowUpdate, 0, 0, uint32(1)));
    expect((await client.goAway()).code).toBe(errorCode.flowControlError);
  });

  it('may become negative by as much, and grow again', async () => {
    client.send(settingsFrame([setting.initialWindowSize, largest]));
    client.open(1);
    client.send(frame(frameType.data, 0, 1, hello));
    for (let nth = 0; nth < 100; nth += 1) {
      client.send(settingsFrame([setting.initialWindowSize, nth % 2 === 0 ? 0 : largest]));
    }
    client.send(settingsFrame([setting.initialWindowSize, 0]));
    client.send(frame(frameType.data, flag.endStream, 1, hello));
    await client.settled();
    expect(client.data(1)).toEqual(hello);
    client.send(frame(frameType.windowUpdate, 0, 1, uint32(2 * hello.length)));
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '0' });
    expect(client.data(1)).toEqual(Buffer.concat([hello, hello]));
  });

  it('given to clients are the same after 2^31 bytes as before', () => {
    const socket = new MemorySocket();
    connectionOn(socket, { route: () => () => ({ onData() {}, onEnd() {}, onClosed() {} }) });
    socket.receive(preface, settingsFrame(), frame(frameType.headers, flag.endHeaders, 1, requestFields()));
    const many = Buffer.concat(new Array(64).fill(frame(frameType.data, 0, 1, Buffer.alloc(16_384))));
    socket.written.length = 0;
    let granted = 0;
    let sent = 0;
    for (; sent <= 2 ** 31; sent += 64 * 16_384) {
      socket.receive(many);
      for (const { type, id, payload } of socket.frames()) {
        if (type === frameType.windowUpdate && id === 1) granted += payload.readUInt32BE(0);
      }
      socket.written.length = 0;
    }
    expect(granted).toBe(sent);
  });
});

describe('lengths that a client announces', () => {
  it.each([2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])('are too large, not negative: %d', async (bytes) => {
    client.open(1);
    client.send(
      frame(frameType.data, 0, 1, Buffer.concat([Buffer.from([0]), uint32(bytes), Buffer.alloc(9)])),
    );
    expect(await client.ended(1)).toMatchObject({ 'grpc-status': '8' });
    expect(echo.server.report().heldBytes).toBeLessThan(10_000);
  });

  it.each(['999999999999999', '4294967296', '2147483648'])(
    'end the stream when less came: content-length %s',
    async (length) => {
      client.open(1, requestFields({ 'content-length': length }));
      client.send(frame(frameType.data, flag.endStream, 1, hello));
      expect(await client.resetCode(1)).toBe(errorCode.protocolError);
    },
  );
});

describe('clocks and timers', () => {
  it('a deadline of more than 24.8 days does not end a call at once', async () => {
    const timeouts = ['600H', '99999999H', '99999999M', '21474836S'];
    timeouts.forEach((timeout, index) => {
      const id = 2 * index + 1;
      client.open(id, requestFields({ 'grpc-timeout': timeout }));
      client.send(frame(frameType.data, 0, id, hello));
    });
    await client.settled();
    expect(echo.events).toEqual(timeouts.map(() => 'message 1'));
    expect(echo.open).toBe(timeouts.length);
  });

  it.each(edges)('a connection lives on in a process that has run for %d ms', async (startMs) => {
    let nowMs = startMs;
    const socket = new MemorySocket();
    let isClosed = false;
    const connection = connectionOn(socket, {
      nowMs: () => nowMs,
      turns: new FairTurns(() => nowMs),
      keepaliveTimeMs: 20_000,
      keepaliveTimeoutMs: 10_000,
      onClosed: () => {
        isClosed = true;
      },
    });
    const ping = frame(frameType.ping, 0, 0, Buffer.alloc(8));
    socket.receive(preface, settingsFrame());
    // Whole milliseconds end at 2^53.
    const stepMs = startMs > 2 ** 52 ? 0 : 1000;
    for (let second = 0; second < 100; second += 1) {
      nowMs += stepMs;
      socket.receive(...new Array(50).fill(ping));
      connection.check(nowMs);
      await new Promise(setImmediate);
    }
    expect(isClosed).toBe(false);
    expect(socket.frames().filter(({ type }) => type === frameType.ping)).toHaveLength(5000);
  });

  it.each(edges.slice(0, 3))('budgets refill in a process that has run for %d ms', (startMs) => {
    let nowMs = startMs;
    const budgets = new AbuseBudgets({ ...generousLimits, resetsPerSecond: 10 }, () => nowMs);
    const spendAll = (): number => {
      for (let spent = 0; ; spent += 1) {
        try {
          budgets.reset();
        } catch {
          return spent;
        }
      }
    };
    expect(spendAll()).toBe(10 * burstSeconds);
    nowMs += 1000;
    expect(spendAll()).toBe(10);
    nowMs += 2 ** 32;
    expect(spendAll()).toBe(10 * burstSeconds);
  });
});

describe('the PINGs that answers allow', () => {
  it.each(edges)('are as many behind %d answers as behind few', (answers) => {
    const budgets = new AbuseBudgets({ ...generousLimits, controlFramesPerSecond: 1 }, () => 0);
    // As many as may be saved up, and those of the burst.
    for (let nth = 0; nth < 100_000 + burstSeconds; nth += 1) budgets.ping(answers);
    expect(() => budgets.ping(answers)).toThrow('too many PING and SETTINGS frames');
  });
});
