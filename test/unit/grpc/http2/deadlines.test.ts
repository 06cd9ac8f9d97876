import { acceptCalls } from '../../../../src/grpc/call/acceptCalls.ts';
import type { Connection } from '../../../../src/grpc/http2/connection.ts';
import {
  errorCode,
  flag,
  frameType,
  largestStreamId,
  preface,
  setting,
} from '../../../../src/grpc/http2/protocol.ts';
import type { ServerStream } from '../../../../src/grpc/serverStream.ts';
import {
  frame,
  message,
  processPath,
  requestFields,
  settingsFrame,
} from '../../../../tools/testbed/rawHttp2.ts';
import { failOnErrors } from '../../../support/failOnErrors.ts';
import { connectionOn } from '../../../support/memoryConnection.ts';
import { MemorySocket } from '../../../support/memorySocket.ts';

/** A connection whose calls send each message back, and a clock that only tests advance. */
let socket: MemorySocket;
let connection: Connection;
let nowMs: number;
let limits: string[];
let isClosed: boolean;
let calls: ServerStream[];
let takesOneMessage: boolean;
/** Messages that do not arrive at once are taken as they arrive. */
let passesOn: boolean;
/** Calls go on when their clients have ended. */
let answersOn: boolean;
/** How calls ended that the client did not end. */
let ends: string[];

beforeEach(() => {
  socket = new MemorySocket();
  nowMs = 0;
  limits = [];
  isClosed = false;
  calls = [];
  takesOneMessage = false;
  passesOn = false;
  answersOn = false;
  ends = [];
  connection = connectionOn(socket, {
    route: acceptCalls({
      handlers: new Map([
        [
          processPath,
          (stream) => {
            calls.push(stream);
            return {
              takesOneMessage,
              onLongMessage: () => (passesOn ? { onPart() {}, onWhole() {} } : undefined),
              onMessage: (received) => stream.reply(received),
              onEnd: () => {
                if (!answersOn) stream.end();
              },
              onClosed: (how) => ends.push(how),
            };
          },
        ],
      ]),
      maxMessageBytes: 1000,
      acceptsCompressed: false,
      onUnexpectedError: failOnErrors.report,
    }),
    nowMs: () => nowMs,
    keepaliveTimeMs: 1e9,
    onReachedLimit: (limit) => limits.push(limit),
    onClosed: () => {
      isClosed = true;
    },
  });
});

/** Checks once a second. @param each called before each check */
async function passSeconds(count: number, each: () => void = () => {}): Promise<void> {
  for (let second = 1; second <= count && !isClosed; second += 1) {
    nowMs += 1000;
    each();
    connection.check(nowMs);
    await new Promise(setImmediate);
  }
}

const framesOf = (type: number) => socket.frames().filter((each) => each.type === type);
const open = (id: number, fields = requestFields()): Buffer =>
  frame(frameType.headers, flag.endHeaders, id, fields);
const data = (id: number, bytes: Buffer, flags = 0): Buffer => frame(frameType.data, flags, id, bytes);
/** Sends the next byte at each call, and the first again after the last. */
function drip(bytes: Buffer, wrap = (byte: Buffer) => byte): () => void {
  let sent = 0;
  return () => {
    socket.receive(wrap(bytes.subarray(sent, sent + 1)));
    sent = (sent + 1) % bytes.length;
  };
}
const hello = message(Buffer.from('hello'));

describe('a connection is closed', () => {
  const tooLate = async (seconds: number, what: string, each?: () => void): Promise<void> => {
    await passSeconds(seconds - 1, each);
    expect(isClosed).toBe(false);
    await passSeconds(2, each);
    expect(isClosed).toBe(true);
    expect(limits).toEqual(['deadline']);
    const { payload } = framesOf(frameType.goaway)[0] ?? { payload: Buffer.alloc(8) };
    expect(payload.readUInt32BE(4)).toBe(errorCode.enhanceYourCalm);
    expect(payload.toString('latin1', 8)).toBe(`${what} is not complete`);
    expect(socket.destroyed).toBe(true);
  };

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a part of the preface', preface.subarray(0, 10)],
    ['the preface alone', preface],
    ['the preface and a part of SETTINGS', Buffer.concat([preface, settingsFrame([1, 0]).subarray(0, 11)])],
  ])('10 s after it opened, if it sent only %s', async (_what, bytes) => {
    if (bytes.length > 0) socket.receive(bytes);
    await tooLate(11, 'the preface');
  });

  it('10 s after it opened, if it sends the preface byte by byte', async () => {
    await tooLate(11, 'the preface', drip(preface));
  });

  it('30 s after a frame began that comes byte by byte', async () => {
    socket.receive(preface, settingsFrame(), open(1));
    await tooLate(31, 'a frame', drip(data(1, message(Buffer.alloc(900)))));
    expect(ends).toEqual(['error']);
  });

  it('30 s after a header block began whose fields come one by one', async () => {
    socket.receive(preface, settingsFrame(), frame(frameType.headers, 0, 1, requestFields()));
    const field = Buffer.from([0x40, 1, 97, 1, 98]);
    await tooLate(31, 'a header block', () => socket.receive(frame(frameType.continuation, 0, 1, field)));
  });
});

describe('a stream is reset, and its connection goes on', () => {
  const isReset = async (id: number, each?: () => void): Promise<void> => {
    await passSeconds(30, each);
    expect(framesOf(frameType.rstStream)).toEqual([]);
    await passSeconds(2, each);
    expect(framesOf(frameType.rstStream).map((reset) => reset.id)).toEqual([id]);
    expect(framesOf(frameType.rstStream)[0]?.payload.readUInt32BE(0)).toBe(errorCode.cancel);
    socket.receive(open(99), data(99, hello, flag.endStream));
    const last = framesOf(frameType.headers).at(-1);
    expect(last).toMatchObject({ id: 99, flags: flag.endHeaders | flag.endStream });
    expect(isClosed).toBe(false);
  };

  beforeEach(() => socket.receive(preface, settingsFrame([setting.initialWindowSize, 20])));

  it('30 s after it opened, if no message came', async () => {
    socket.receive(open(1));
    await isReset(1);
    expect(ends).toEqual(['error']);
  });

  it('30 s after it opened, if its method takes one message and the end behind it does not come', async () => {
    takesOneMessage = true;
    socket.receive(open(1), data(1, message(Buffer.alloc(0))));
    await isReset(1);
    expect(ends).toEqual(['error']);
  });

  it('30 s after a message began that comes byte by byte', async () => {
    socket.receive(open(1), data(1, hello));
    await passSeconds(100);
    await isReset(
      1,
      drip(message(Buffer.alloc(900)), (byte) => data(1, byte)),
    );
    expect(ends).toEqual(['error']);
  });

  it('30 s after the last part of a message that is taken as it arrives', async () => {
    passesOn = true;
    const whole = message(Buffer.alloc(900));
    socket.receive(open(1), data(1, whole.subarray(0, 100)));
    await passSeconds(20);
    socket.receive(data(1, whole.subarray(100, 200)));
    await isReset(1);
    expect(ends).toEqual(['error']);
  });

  it('30 s after a request that is no call, if its end does not come', async () => {
    socket.receive(open(1, requestFields({ ':method': 'PUT' })));
    await isReset(1, () => socket.receive(data(1, Buffer.from('x'))));
  });

  it('when its client gives no room for a reply for 30 s', async () => {
    socket.receive(open(1), data(1, hello), data(1, hello), data(1, hello));
    expect(calls).toHaveLength(1);
    await isReset(1);
    expect(ends).toEqual(['error']);
  });

  it('when its client gives no room for a last reply for 30 s', async () => {
    socket.receive(open(1), data(1, hello), data(1, hello), data(1, hello, flag.endStream));
    await isReset(1);
    expect(ends).toEqual([]);
  });

  it('also if there are many of them, a part at each check', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => 2 * index + 1);
    socket.receive(...ids.map((id) => open(id)));
    await passSeconds(40);
    expect(framesOf(frameType.rstStream)).toHaveLength(500);
    expect(ends).toHaveLength(500);
  });
});

describe('a stream is left alone', () => {
  beforeEach(() => socket.receive(preface, settingsFrame([setting.initialWindowSize, 20])));
  afterEach(() => {
    expect(ends).toEqual([]);
    expect(isClosed).toBe(false);
    expect(framesOf(frameType.rstStream)).toEqual([]);
    expect(framesOf(frameType.goaway)).toEqual([]);
  });

  it('for hours between two whole messages', async () => {
    socket.receive(open(1), data(1, hello));
    await passSeconds(7200);
    socket.receive(data(1, hello, flag.endStream));
  });

  it('for hours after its end, if its method takes one message and goes on to answer', async () => {
    takesOneMessage = true;
    answersOn = true;
    socket.receive(open(1), data(1, hello));
    await passSeconds(25);
    socket.receive(data(1, Buffer.alloc(0), flag.endStream));
    await passSeconds(7200);
  });

  it('while each of its messages takes less than 30 s', async () => {
    socket.receive(open(1));
    const widen = frame(frameType.windowUpdate, 0, 1, Buffer.from([0, 0, 0, 1]));
    await passSeconds(
      200,
      drip(message(Buffer.alloc(20)), (byte) => Buffer.concat([data(1, byte), widen])),
    );
  });

  it('while parts come of a message that is taken as it arrives, however large it is', async () => {
    passesOn = true;
    const large = message(Buffer.alloc(900));
    socket.receive(open(1), data(1, large.subarray(0, 10)));
    await passSeconds(
      200,
      drip(large.subarray(10, 300), (byte) => data(1, byte)),
    );
  });

  it('while its client reads slowly', async () => {
    socket.receive(open(1), data(1, message(Buffer.alloc(100))));
    await passSeconds(60, () => {
      if (nowMs % 20_000 === 0)
        socket.receive(frame(frameType.windowUpdate, 0, 1, Buffer.from([0, 0, 0, 1])));
    });
  });

  it('when this process did not run, however long', async () => {
    socket.receive(open(1));
    await passSeconds(20);
    nowMs += 3_600_000;
    await passSeconds(4);
    socket.receive(data(1, hello));
    await passSeconds(60);
  });
});

describe('an idle connection', () => {
  const goaways = () => framesOf(frameType.goaway).map(({ payload }) => payload.readUInt32BE(0));
  const acknowledge = (): void => {
    const ping = framesOf(frameType.ping).at(-1);
    socket.receive(frame(frameType.ping, flag.ack, 0, ping?.payload));
  };

  beforeEach(() => socket.receive(preface, settingsFrame()));

  it('is asked to leave after five minutes, and closed when it agrees', async () => {
    await passSeconds(300);
    expect(goaways()).toEqual([]);
    await passSeconds(1);
    expect(goaways()).toEqual([largestStreamId]);
    acknowledge();
    expect(goaways()).toEqual([largestStreamId, 0]);
    await passSeconds(3);
    expect(isClosed).toBe(true);
    expect(limits).toEqual([]);
  });

  it('is closed 10 s later when it does not', async () => {
    await passSeconds(310);
    expect(isClosed).toBe(false);
    await passSeconds(3);
    expect(isClosed).toBe(true);
  });

  it('still serves what comes before it has read that', async () => {
    await passSeconds(302);
    socket.receive(open(1), data(1, hello));
    acknowledge();
    await passSeconds(600);
    expect(isClosed).toBe(false);
    socket.receive(data(1, Buffer.alloc(0), flag.endStream));
    expect(framesOf(frameType.headers).at(-1)).toMatchObject({ id: 1 });
    await passSeconds(3);
    expect(isClosed).toBe(true);
  });

  it('is one without a stream for all that time', async () => {
    for (let id = 1; id < 10; id += 2) {
      await passSeconds(200);
      socket.receive(open(id), data(id, hello, flag.endStream));
    }
    socket.receive(open(11), data(11, hello));
    await passSeconds(1000);
    expect(goaways()).toEqual([]);
  });
});
