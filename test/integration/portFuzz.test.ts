import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { flag, frameType } from '../../src/grpc/http2/protocol.ts';
import { frame, message, RawClient } from '../../tools/testbed/rawHttp2.ts';
import { until } from '../../tools/testbed/until.ts';
import { hostileTraffic } from '../support/hostileTraffic.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { SchedulingServer } from '../support/schedulingServer.ts';

/** Hostile clients on real connections to a whole ext_proc port, beside one that behaves. */
checkForLeaks();

/** `FUZZ_SECONDS=600 npm run fuzz` runs for longer. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 0);
const effort =
  seconds > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, endOnFailure: true, interruptAfterTimeLimit: (seconds * 1_000) / 2 }
    : { numRuns: 6 };
const timeoutMs = 120_000 + seconds * 1000;

describe.each(['builtin', 'grpc-js'] as const)('whatever clients send over %s', (kind) => {
  let served: SchedulingServer;
  beforeAll(async () => {
    served = await new SchedulingServer(kind, {
      maxMessageBytes: 1_000_000,
      acceptsCompressed: true,
      // With grpc-js only this shows that a client has left whose connection met an error.
      keepalive: { keepaliveTimeMs: 1_000, keepaliveTimeoutMs: 5_000 },
    }).listen();
  });
  afterAll(() => served.server.close(500));

  async function send(clients: readonly (readonly Buffer[])[]): Promise<void> {
    const neighbour = await RawClient.connect(served.address);
    neighbour.answersPings = true;
    expect(await decide(neighbour, 1)).toBe('0');
    const sockets = await Promise.all(clients.map(() => connectTo(served.address)));
    const rounds = Math.max(...clients.map((pieces) => pieces.length));
    for (let round = 0; round < rounds; round += 1) {
      for (const [nth, pieces] of clients.entries()) {
        const piece = pieces[round];
        const socket = sockets[nth];
        if (piece !== undefined && socket?.writable) socket.write(piece);
      }
      await turn();
    }
    expect(await decide(neighbour, 3)).toBe('0');
    neighbour.close();
    for (const socket of sockets) socket.destroy();
    await until(() => served.exchanges.open === 0, {
      what: 'the end of all exchanges',
      timeoutMs: 60_000,
      intervalMs: 2,
    });
    expect(served.ledger.view().size).toBe(0);
    expect(served.unexpected).toEqual([]);
  }

  it(
    'a neighbour is answered, nothing throws, and nothing stays open',
    () => fc.assert(fc.asyncProperty(hostileTraffic, send), effort),
    timeoutMs,
  );
});

/** One request as Envoy sends it. Returns the gRPC status. */
async function decide(client: RawClient, id: number): Promise<string | undefined> {
  client.open(id);
  client.send(frame(frameType.data, flag.endStream, id, message(Buffer.from([0x12, 0]))));
  return (await client.ended(id))['grpc-status'];
}

async function connectTo(address: string): Promise<Socket> {
  const [host, port] = address.split(':') as [string, string];
  const socket = connect({ host, port: Number(port), noDelay: true }).on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}
