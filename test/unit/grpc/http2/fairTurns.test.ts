import type { ConnectionOptions } from '../../../../src/grpc/http2/connectionOptions.ts';
import { FairTurns } from '../../../../src/grpc/http2/fairTurns.ts';
import { flag, frameType, preface } from '../../../../src/grpc/http2/protocol.ts';
import { frame, requestFields, settingsFrame } from '../../../../tools/testbed/rawHttp2.ts';
import { connectionOn } from '../../../support/memoryConnection.ts';
import { MemorySocket } from '../../../support/memorySocket.ts';

/** Connections of one server, whose work takes time only by the clock of this test. */
const workMs = 0.125;
let nowMs: number;
let turns: FairTurns;
/** The names of the connections, one for each piece of work. */
let done: string[];

beforeEach(() => {
  nowMs = 0;
  done = [];
  turns = new FairTurns(() => nowMs);
});

const open = (id: number): Buffer => frame(frameType.headers, flag.endHeaders, id, requestFields());
const data = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => frame(frameType.data, 0, 1, Buffer.alloc(1))));
const nextTurn = (): Promise<void> => new Promise(setImmediate);
const countOf = (name: string): number => done.filter((each) => each === name).length;

/** A connection whose frames of DATA, and whose lost streams, are work. */
function connect(name: string, changes: Partial<ConnectionOptions> = {}) {
  const work = (): void => {
    nowMs += workMs;
    done.push(name);
  };
  const socket = new MemorySocket();
  const connection = connectionOn(socket, {
    route: () => () => ({ onData: work, onEnd() {}, onClosed: work }),
    turns,
    nowMs: () => nowMs,
    ...changes,
  });
  socket.receive(preface, settingsFrame(), open(1));
  return { socket, connection };
}

describe('a connection with much to do', () => {
  /** A millisecond's work, and what fits between two reads of the clock. */
  const mostAtOnce = 8 + 2 * 16;

  it('gives way to one with little after a millisecond, and is not read meanwhile', async () => {
    const busy = connect('busy');
    const light = connect('light');
    busy.socket.receive(data(1000));
    expect(countOf('busy')).toBeLessThanOrEqual(mostAtOnce);
    expect(busy.socket.isPaused()).toBe(true);
    light.socket.receive(data(1));
    expect(countOf('light')).toBe(1);
    while (countOf('busy') < 1000) await nextTurn();
    await nextTurn();
    expect(busy.socket.isPaused()).toBe(false);
  });

  it('gets all that it sent, in its order, also what comes while it waits', async () => {
    const order: string[] = [];
    const route: ConnectionOptions['route'] = () => () => ({
      onData: (bytes, start, end) => {
        nowMs += workMs;
        order.push(bytes.toString('latin1', start, end));
      },
      onEnd() {},
      onClosed() {},
    });
    const busy = connect('busy', { route });
    const texts = Array.from({ length: 500 }, (_, index) => String(index));
    for (const half of [texts.slice(0, 250), texts.slice(250)]) {
      busy.socket.receive(...half.map((text) => frame(frameType.data, 0, 1, Buffer.from(text))));
    }
    while (order.length < texts.length) await nextTurn();
    expect(order).toEqual(texts);
  });

  it('takes turns with others of its kind', async () => {
    const names = ['a', 'b', 'c'];
    for (const { socket } of names.map((name) => connect(name))) socket.receive(data(400));
    while (done.length < 1200) await nextTurn();
    // When half of the work is done, each has had its share.
    for (const name of names) {
      const share = done.slice(0, 600).filter((each) => each === name).length;
      expect(share).toBeGreaterThan(200 - mostAtOnce);
      expect(share).toBeLessThan(200 + mostAtOnce);
    }
  });
});

describe('when a turn is spent', () => {
  it('new input waits for the next turn, where timers and other sockets have come between', async () => {
    const others = Array.from({ length: 100 }, (_, index) => connect(`other ${index}`));
    const late = connect('late');
    for (const { socket } of others) socket.receive(data(20));
    late.socket.receive(data(1));
    // 10 ms are 80 pieces of work.
    expect(done.length).toBeLessThan(80 + 20 + 16);
    expect(done).not.toContain('late');
    const atEachTurn: number[] = [];
    while (done.length < 2001) {
      const before = done.length;
      await nextTurn();
      atEachTurn.push(done.length - before);
    }
    expect(Math.max(...atEachTurn)).toBeLessThan(80 + 20 + 16);
    expect(countOf('late')).toBe(1);
  });

  it('serves in turn one that waits for its first slice and one that had one', async () => {
    const busy = connect('busy');
    const others = Array.from({ length: 40 }, (_, index) => connect(`other ${index}`));
    busy.socket.receive(data(1000));
    for (const { socket } of others) socket.receive(data(20));
    while (others.some((_, index) => countOf(`other ${index}`) < 20)) await nextTurn();
    expect(countOf('busy')).toBeGreaterThan(300);
    while (countOf('busy') < 1000) await nextTurn();
  });
});

describe('a lost connection with many streams', () => {
  it('ends them in slices, and is closed when all have ended', async () => {
    let closed = 0;
    const lost = connect('lost', { onClosed: () => (closed += 1) });
    const neighbour = connect('neighbour');
    lost.socket.receive(...Array.from({ length: 999 }, (_, index) => open(2 * index + 3)));
    lost.connection.destroy();
    expect(countOf('lost')).toBeLessThan(100);
    expect(closed).toBe(0);
    neighbour.socket.receive(data(1));
    expect(countOf('neighbour')).toBe(1);
    while (closed === 0) await nextTurn();
    expect(countOf('lost')).toBe(1000);
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(closed).toBe(1);
  });

  it('may be lost again while they end', async () => {
    let closed = 0;
    const lost = connect('lost', { onClosed: () => (closed += 1) });
    lost.socket.receive(...Array.from({ length: 999 }, (_, index) => open(2 * index + 3)));
    lost.socket.receive(frame(frameType.ping, 0, 0, Buffer.alloc(1)));
    expect(countOf('lost')).toBeLessThan(100);
    lost.connection.destroy();
    while (closed === 0) await nextTurn();
    expect(countOf('lost')).toBe(1000);
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    expect(closed).toBe(1);
  });
});
