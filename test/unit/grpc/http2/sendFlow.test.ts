import { FrameWriter } from '../../../../src/grpc/http2/frameWriter.ts';
import { Http2Stream, type StreamOwner } from '../../../../src/grpc/http2/http2Stream.ts';
import { Output } from '../../../../src/grpc/http2/output.ts';
import { PeerSettings } from '../../../../src/grpc/http2/peerSettings.ts';
import { SendFlow } from '../../../../src/grpc/http2/sendFlow.ts';
import { Wire } from '../../../support/wire.ts';

/** Which streams a connection looks at when its window is widened. */
function openFlow({ initialWindowBytes }: { initialWindowBytes: number }) {
  const wire = new Wire();
  const peer = new PeerSettings();
  peer.initialWindowBytes = initialWindowBytes;
  const output = new Output(wire);
  const flow = new SendFlow(new FrameWriter(output), peer);
  const owner: StreamOwner = { flow, forget() {}, reset() {}, hold: () => true };
  const open = (id: number) => {
    const stream = new Http2Stream(id, owner, { isWhole: false, contentBytes: -1 });
    stream.begin({ onData() {}, onEnd() {}, onGone() {} });
    return stream;
  };
  /** The payloads of all frames that were sent. */
  const sent = (): Buffer => {
    output.flush();
    return Buffer.concat(wire.frames().map(({ payload }) => payload));
  };
  return { flow, open, sent };
}

const tenBytes = [Buffer.alloc(5), Buffer.alloc(5)] as const;

describe('a stream that has something to send', () => {
  it('is not looked at for the window of the connection while its own is used up', () => {
    const { flow, open } = openFlow({ initialWindowBytes: 0 });
    const stream = open(1);
    stream.sendData(...tenBytes);
    expect(flow.queuedBytes).toBeGreaterThan(0);
    expect([...flow.waiting]).toEqual([]);
    stream.widen(4);
    expect([...flow.waiting]).toEqual([]);
    stream.widen(6);
    expect(flow.queuedBytes).toBe(0);
  });

  it('sends all of it in its order, whatever the pieces in which its window is widened', () => {
    const { flow, open, sent } = openFlow({ initialWindowBytes: 0 });
    const stream = open(1);
    const whole = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
    let given = 0;
    let allowed = 0;
    for (const piece of [1, 7, 2, 300, 40, 3, 90, 5, 552]) {
      stream.sendData(whole.subarray(given, given + piece), Buffer.alloc(0));
      given += piece;
      stream.widen(Math.ceil(piece / 3));
      allowed += Math.ceil(piece / 3);
      expect(sent()).toEqual(whole.subarray(0, allowed));
    }
    stream.widen(1000);
    expect(sent()).toEqual(whole);
    expect(flow.queuedBytes).toBe(0);
  });

  it('waits for that of the connection while its own has room', () => {
    const { flow, open } = openFlow({ initialWindowBytes: 8 });
    flow.windowBytes = 3;
    const stream = open(1);
    stream.sendData(...tenBytes);
    expect([...flow.waiting]).toEqual([stream]);
    flow.widen(5); // and then its own is used up
    expect(flow.windowBytes).toBe(0);
    expect([...flow.waiting]).toEqual([]);
    stream.widen(2);
    expect([...flow.waiting]).toEqual([stream]);
    flow.widen(2);
    expect([...flow.waiting]).toEqual([]);
    expect(flow.queuedBytes).toBe(0);
  });
});
