import { type ClientHttp2Session, connect } from 'node:http2';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Exchanges } from '../../../src/extproc/exchanges.ts';
import { HealthStatus } from '../../../src/extproc/healthStatus.ts';
import { extprocMetrics } from '../../../src/extproc/metrics.ts';
import { openExtProcServer } from '../../../src/extproc/openExtProcServer.ts';
import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { externalProcessorService } from '../../../src/proto/services.ts';
import { createInstruments } from '../../../src/telemetry/instruments.ts';
import { message, processPath } from '../../../tools/testbed/rawHttp2.ts';
import { until } from '../../../tools/testbed/until.ts';
import { endpoints } from '../../support/endpoints.ts';
import { failOnErrors } from '../../support/failOnErrors.ts';
import { generousLimits, generousTotalLimits } from '../../support/generousLimits.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { recorderOf } from '../../support/recorderOf.ts';

checkForLeaks();

/** `ABORT_REQUESTS=1000000 npm run fuzz` sends more. */
const requests = Number(process.env.ABORT_REQUESTS ?? 2000);
/** Print the figures. */
const isLong = process.env.ABORT_REQUESTS !== undefined;
const concurrency = 50;
/** Compiled code and the like; a leak of 100 bytes for each request exceeds it in a long run. */
const maxGrowthBytes = 10 * 1024 * 1024;

const request = message(externalProcessorService.Process.requestSerialize({ request_headers: {} }));

describe('many requests of which every tenth is aborted', () => {
  it('leave no stream, no reservation, no timer and no memory behind', async () => {
    const metrics = createInstruments(extprocMetrics);
    const ledger = new MemoryLedger();
    const [endpoint] = endpoints(1);
    if (endpoint === undefined) throw new Error('no endpoint');
    const exchanges = new Exchanges({
      onStreamArrived: () => {},
      answersStreams: () => true,
      maxStreams: 1000,
      decide: () => ({
        kind: 'route',
        endpoint,
        alternates: [],
        policy: 'random',
        candidates: 1,
        reservation: ledger.reserve(endpoint.address),
      }),
      retryAfterSeconds: 1,
      nowMs: () => 0,
      recorder: recorderOf(metrics),
    });
    const server = openExtProcServer('builtin', {
      acceptStream: (stream) => exchanges.accept(stream),
      health: new HealthStatus({ onCheckArrived: () => {}, takesTraffic: () => true, isFit: () => true }),
      maxMessageBytes: 10_000,
      limits: { ...generousLimits, resetsPerSecond: 1_000_000 },
      totalLimits: generousTotalLimits,
      errors: failOnErrors,
    });
    const client = connect(`http://127.0.0.1:${await server.listen({ host: '127.0.0.1', port: 0 })}`);
    await sendRequests(client, 500);
    const timers = timerCount();
    const before = liveBytes();
    const residentBefore = process.memoryUsage.rss();

    await sendRequests(client, requests);
    await until(() => exchanges.open === 0, { what: 'all streams to end' });
    expect(ledger.view().size).toBe(0);
    const tenth = (requests + 500) / 10;
    const ends = Object.fromEntries([...metrics.streamsEnded.entries()].map(([count, how]) => [how, count]));
    expect(ends).toEqual({ end: 9 * tenth, cancelled: tenth, error: 0, drained: 0, left: 0 });
    // The client and the test runner have short-lived timers and garbage too.
    await until(() => timerCount() <= timers + 1, { what: 'all timers to end' });
    await until(() => liveBytes() - before < maxGrowthBytes, { what: 'the memory to be freed' });
    if (isLong) {
      process.stdout.write(
        `${requests} requests, every tenth aborted: ${exchanges.open} streams and ${ledger.view().size} counts left, ` +
          `${timerCount()} timers (${timers} before), live memory ${mib(liveBytes())} MiB (${mib(before)} before), ` +
          `resident with the client ${mib(process.memoryUsage.rss())} MiB (${mib(residentBefore)} before)\n`,
      );
    }

    client.close();
    await server.close(1_000);
  }, 3_600_000);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

const timerCount = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** Sends `count` requests with a deadline, `concurrency` at a time, and aborts every tenth. */
async function sendRequests(client: ClientHttp2Session, count: number): Promise<void> {
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < count) {
      sent += 1;
      await sendRequest(client, sent % 10 === 0);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function sendRequest(client: ClientHttp2Session, isAborted: boolean): Promise<void> {
  // Not stream.close(): it ends the stream first, and the server answers that.
  const abort = new AbortController();
  const stream = client.request(
    {
      ':method': 'POST',
      ':path': processPath,
      'content-type': 'application/grpc',
      'grpc-timeout': '1H',
    },
    { signal: abort.signal },
  );
  const closed = new Promise<void>((resolve) => stream.on('close', resolve));
  stream.on('error', () => {});
  stream.on('data', () => (isAborted ? abort.abort() : stream.end()));
  stream.write(request);
  return closed;
}
