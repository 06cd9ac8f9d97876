import { acceptCalls } from '../../../../src/grpc/call/acceptCalls.ts';
import { BufferBudget } from '../../../../src/grpc/http2/bufferBudget.ts';
import type { ConnectionOptions } from '../../../../src/grpc/http2/connectionOptions.ts';
import { FairTurns } from '../../../../src/grpc/http2/fairTurns.ts';
import { FrameWriter } from '../../../../src/grpc/http2/frameWriter.ts';
import { flag, frameType, preface } from '../../../../src/grpc/http2/protocol.ts';
import type { ServerStream } from '../../../../src/grpc/serverStream.ts';
import {
  frame,
  message,
  processPath,
  requestFields,
  settingsFrame,
} from '../../../../tools/testbed/rawHttp2.ts';
import { eventually } from '../../../support/eventually.ts';
import { connectionOn } from '../../../support/memoryConnection.ts';
import { MemorySocket } from '../../../support/memorySocket.ts';

/**
 * What no frame of the peer causes throws: a write at the end of a turn, a timer of a call, the
 * accounting of what arrived. The connection ends, its calls are told, and nothing else is
 * concerned: an exception that left it would end the process.
 */
class FaultySocket extends MemorySocket {
  isBroken = false;

  override write(...args: unknown[]): boolean {
    if (this.isBroken) throw new Error('a bug in write');
    return (super.write as (...args: unknown[]) => boolean)(...args);
  }
}

class FaultyBuffers extends BufferBudget {
  isBroken = false;

  override onChanged(...args: Parameters<BufferBudget['onChanged']>): void {
    if (this.isBroken) throw new Error('a bug in the budget');
    super.onChanged(...args);
  }
}

const open = frame(frameType.headers, flag.endHeaders, 1, requestFields());
const ping = frame(frameType.ping, 0, 0, Buffer.alloc(8));

/** A connection with calls that answer when the test says so. */
function setUp(changes: Partial<ConnectionOptions> = {}) {
  const socket = new FaultySocket();
  const buffers = new FaultyBuffers(1e9);
  const errors: unknown[] = [];
  const calls: ServerStream[] = [];
  const ends: string[] = [];
  const closed = { is: false };
  const report = (error: unknown): void => {
    errors.push(error);
  };
  const connection = connectionOn(socket, {
    route: acceptCalls({
      handlers: new Map([
        [
          processPath,
          (stream) => {
            calls.push(stream);
            return { onMessage() {}, onEnd() {}, onClosed: (how) => ends.push(how) };
          },
        ],
      ]),
      maxMessageBytes: 1000,
      acceptsCompressed: false,
      onUnexpectedError: report,
    }),
    buffers,
    onClosed: () => {
      closed.is = true;
    },
    onUnexpectedError: report,
    ...changes,
  });
  socket.receive(preface, settingsFrame());
  return { socket, buffers, connection, errors, calls, ends, closed };
}

describe('an exception outside of any frame ends one connection', () => {
  it('of a write at the end of a turn', async () => {
    const { socket, errors, calls, ends, closed } = setUp();
    socket.receive(open);
    socket.isBroken = true;
    calls[0]?.reply(Buffer.from('late'));
    await eventually(() => expect(closed.is).toBe(true));
    expect(errors).toEqual([new Error('a bug in write')]);
    expect([socket.destroyed, ends]).toEqual([true, ['error']]);
  });

  it('of the deadline of a call, which is over for its listener too', async () => {
    const { socket, errors, ends, closed } = setUp();
    const writer = FrameWriter.prototype;
    const { headers } = writer;
    socket.receive(frame(frameType.headers, flag.endHeaders, 1, requestFields({ 'grpc-timeout': '20m' })));
    writer.headers = () => {
      throw new Error('a bug in the frame writer');
    };
    try {
      await eventually(() => expect(ends).toEqual(['cancelled']));
    } finally {
      writer.headers = headers;
    }
    socket.destroy();
    await eventually(() => expect(closed.is).toBe(true));
    expect([errors, ends]).toEqual([[new Error('a bug in the frame writer')], ['cancelled']]);
    expect(socket.frames().at(-1)).toMatchObject({ type: frameType.goaway });
  });

  it('of the accounting of what arrived', async () => {
    const { socket, buffers, errors, ends, closed } = setUp();
    socket.receive(open);
    buffers.isBroken = true;
    socket.receive(frame(frameType.data, 0, 1, message(Buffer.alloc(900)).subarray(0, 500)));
    buffers.isBroken = false;
    socket.destroy();
    await eventually(() => expect(closed.is).toBe(true));
    expect([errors, ends]).toEqual([[new Error('a bug in the budget')], ['error']]);
  });

  it('of work in a later turn, and its neighbour has its turn all the same', async () => {
    let nowMs = 0;
    const turns = new FairTurns(() => nowMs++);
    const [bad, good] = [setUp({ turns }), setUp({ turns })];
    const pings = Array.from({ length: 500 }, () => ping);
    bad.socket.receive(open);
    bad.socket.receive(...pings);
    good.socket.receive(...pings);
    bad.buffers.isBroken = true;
    await eventually(() => {
      const answers = good.socket
        .frames()
        .filter(({ type, flags }) => type === frameType.ping && flags === 1);
      expect(answers).toHaveLength(500);
    });
    bad.buffers.isBroken = false;
    bad.socket.destroy();
    await eventually(() => expect(bad.closed.is).toBe(true));
    expect(bad.errors[0]).toEqual(new Error('a bug in the budget'));
    expect([bad.ends, good.errors, good.closed.is]).toEqual([['error'], [], false]);
  });
});
