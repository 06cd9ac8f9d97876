import { FairTurns } from '../../../../src/grpc/http2/fairTurns.ts';
import { FrameWriter } from '../../../../src/grpc/http2/frameWriter.ts';
import { Http2Stream } from '../../../../src/grpc/http2/http2Stream.ts';
import { Output } from '../../../../src/grpc/http2/output.ts';
import { PeerSettings } from '../../../../src/grpc/http2/peerSettings.ts';
import { SendFlow } from '../../../../src/grpc/http2/sendFlow.ts';
import type { StreamOwner } from '../../../../src/grpc/http2/streamOwner.ts';
import { failOnErrors } from '../../../support/failOnErrors.ts';
import { MemorySocket } from '../../../support/memorySocket.ts';

/** A flow, and streams on it, without a connection. */
function openFlow({ initialWindowBytes }: { initialWindowBytes: number }) {
  const socket = new MemorySocket();
  const peer = new PeerSettings();
  peer.initialWindowBytes = initialWindowBytes;
  const output = new Output(socket, failOnErrors.report);
  const flow = new SendFlow(new FrameWriter(output), peer, new FairTurns(() => 0), () => {});
  const owner: StreamOwner = {
    flow,
    awaited: 0,
    onSent() {},
    remove() {},
    contain: (work) => work(),
    reset() {},
    reserveBuffer: () => true,
  };
  const open = (id: number) => {
    const stream = new Http2Stream(id, owner, { endStream: false, contentBytes: -1 });
    stream.begin({ onData() {}, onEnd() {}, onClosed() {} });
    return stream;
  };
  /** The payloads of all sent frames. */
  const sent = (): Buffer => {
    output.flush();
    return Buffer.concat(socket.frames().map(({ payload }) => payload));
  };
  const widen = (stream: Http2Stream, bytes: number): void => {
    stream.growWindow(bytes);
    flow.sendWaiting();
  };
  return { flow, open, sent, widen };
}

const tenBytes = [Buffer.alloc(5), Buffer.alloc(5)] as const;

describe('a stream with queued data', () => {
  it('does not wait for the connection window while its own is used up', () => {
    const { flow, open, widen } = openFlow({ initialWindowBytes: 0 });
    const stream = open(1);
    stream.sendData(...tenBytes);
    expect(flow.queuedBytes).toBeGreaterThan(0);
    expect([...flow.waiting]).toEqual([]);
    widen(stream, 4);
    expect([...flow.waiting]).toEqual([]);
    widen(stream, 6);
    expect(flow.queuedBytes).toBe(0);
  });

  it('sends all of it in order, however its window grows', () => {
    const { flow, open, sent, widen } = openFlow({ initialWindowBytes: 0 });
    const stream = open(1);
    const whole = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
    let queued = 0;
    let allowed = 0;
    for (const piece of [1, 7, 2, 300, 40, 3, 90, 5, 552]) {
      stream.sendData(whole.subarray(queued, queued + piece), Buffer.alloc(0));
      queued += piece;
      widen(stream, Math.ceil(piece / 3));
      allowed += Math.ceil(piece / 3);
      expect(sent()).toEqual(whole.subarray(0, allowed));
    }
    widen(stream, 1000);
    expect(sent()).toEqual(whole);
    expect(flow.queuedBytes).toBe(0);
  });

  it('waits for the connection window while its own has room', () => {
    const { flow, open, widen } = openFlow({ initialWindowBytes: 8 });
    flow.windowBytes = 3;
    const stream = open(1);
    stream.sendData(...tenBytes);
    expect([...flow.waiting]).toEqual([stream]);
    flow.growWindow(5); // now its own window is used up
    expect(flow.windowBytes).toBe(0);
    expect([...flow.waiting]).toEqual([]);
    widen(stream, 2);
    expect([...flow.waiting]).toEqual([stream]);
    flow.growWindow(2);
    expect([...flow.waiting]).toEqual([]);
    expect(flow.queuedBytes).toBe(0);
  });
});
