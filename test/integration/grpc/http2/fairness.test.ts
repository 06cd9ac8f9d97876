import { flag, frameType, preface, setting } from '../../../../src/grpc/http2/protocol.ts';
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
import { Flood } from '../../../support/flood.ts';
import { checkForLeaks } from '../../../support/leakCheck.ts';
import { measureTurns } from '../../../support/longestTurn.ts';

checkForLeaks();

let echo: EchoServer;
let neighbour: RawClient;

beforeEach(async () => {
  echo = await new EchoServer({ limits: { streams: 20_000, controlFramesPerSecond: 1000 } }).listen();
  neighbour = await RawClient.connect(echo.address);
});
afterEach(async () => {
  neighbour.close();
  await echo.server.close(1_000);
});

/** Calls that the neighbour made until the condition held. */
async function callUntil(condition: () => boolean): Promise<number> {
  let calls = 0;
  for (; !condition(); calls += 1) {
    const id = 2 * calls + 1;
    neighbour.open(id);
    neighbour.send(frame(frameType.data, flag.endStream, id, message(Buffer.from('x'))));
    expect(await neighbour.ended(id)).toMatchObject({ 'grpc-status': '0' });
    neighbour.frames.length = 0;
  }
  return calls;
}

describe('a neighbour is served in turns of bounded length', () => {
  /** Makes calls until the condition holds. */
  async function isServedUntil(condition: () => boolean): Promise<void> {
    const turns = measureTurns();
    try {
      expect(await callUntil(condition)).toBeGreaterThan(0);
    } finally {
      const { longestMs, totalMs } = turns.stop();
      // Without slices nearly all of the work is in one turn.
      expect(longestMs).toBeLessThan(totalMs / 2);
    }
  }

  it('while 64 connections send a message byte by byte', async () => {
    const messageBytes = 8_000;
    const flood = new Flood({
      address: echo.address,
      connections: 64,
      start: Buffer.concat([
        preface,
        settingsFrame(),
        frame(frameType.headers, flag.endHeaders, 1, requestFields()),
        frame(frameType.data, 0, 1, Buffer.from([0, ...uint32(messageBytes)])),
      ]),
      chunk: Buffer.concat(new Array(1000).fill(frame(frameType.data, 0, 1, Buffer.alloc(1)))),
      repeats: messageBytes / 1000,
    });
    try {
      await until(() => echo.accepted === 64, { what: 'the connections' });
      flood.fill();
      const received = `message ${messageBytes}`;
      const isAllRead = () => echo.events.filter((event) => event === received).length === 64;
      await isServedUntil(isAllRead);
    } finally {
      await flood.stop();
    }
  });

  it('while the windows of 15,000 waiting streams are widened 40 times', async () => {
    const attacker = await RawClient.connect(echo.address, settingsFrame([setting.initialWindowSize, 0]));
    const ids = Array.from({ length: 15_000 }, (_, index) => 2 * index + 1);
    const answered = message(Buffer.alloc(100));
    for (const id of ids) {
      attacker.open(id);
      attacker.send(frame(frameType.data, 0, id, answered));
    }
    attacker.send(frame(frameType.windowUpdate, 0, 0, uint32(2 ** 30)));
    await attacker.settled();
    // Each is one byte for each stream.
    const widths = Array.from({ length: 40 }, (_, index) => index + 1);
    attacker.send(...widths.map((width) => settingsFrame([setting.initialWindowSize, width])));
    const dataFrames = () => attacker.frames.filter(({ type }) => type === frameType.data).length;
    await isServedUntil(() => dataFrames() >= ids.length);
    attacker.close();
  });
});
