import { once } from 'node:events';
import { type ClientDuplexStream, credentials, status } from '@grpc/grpc-js';
import { Exchanges, type ExchangesOptions } from '../../../src/extproc/exchanges.ts';
import { HealthStatus } from '../../../src/extproc/healthStatus.ts';
import { listenOn } from '../../../src/extproc/listenOn.ts';
import { extprocMetrics } from '../../../src/extproc/metrics.ts';
import { openExtProcServer } from '../../../src/extproc/openExtProcServer.ts';
import { reportRefusedMessages } from '../../../src/extproc/refusedMessages.ts';
import { heldMs, RepeatedFailures } from '../../../src/extproc/repeatedFailures.ts';
import { UnexpectedErrors } from '../../../src/extproc/unexpectedErrors.ts';
import type { GrpcServer } from '../../../src/grpc/grpcServer.ts';
import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { ExternalProcessor, Health } from '../../../src/proto/clients.ts';
import type { ProcessingRequest } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import type { Endpoint } from '../../../src/scheduling/endpoint.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import { createInstruments } from '../../../src/telemetry/instruments.ts';
import { type Log, silentLog } from '../../../src/telemetry/log.ts';
import { until } from '../../../tools/testbed/until.ts';
import { endpoints } from '../../support/endpoints.ts';
import { generousLimits, generousTotalLimits } from '../../support/generousLimits.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { recorderOf } from '../../support/recorderOf.ts';
import { seededRandom } from '../../support/seededRandom.ts';

checkForLeaks();

const bug = new Error('a bug in a policy');
const headers: ProcessingRequest = { request_headers: { headers: { headers: [] } } };

describe.each(['builtin', 'grpc-js'] as const)('one exception, one request: over %s', (kind) => {
  let server: GrpcServer;
  let exchanges: Exchanges;
  let ledger: MemoryLedger;
  let isBroken = false;
  let metrics = createInstruments(extprocMetrics);
  let logged: Record<string, unknown>[] = [];
  let client: InstanceType<typeof ExternalProcessor>;
  let healthClient: InstanceType<typeof Health>;

  const failIfBroken = (): undefined => {
    if (isBroken) throw bug;
  };

  async function serve(options: Partial<ExchangesOptions> = {}, onCheckArrived = () => {}): Promise<void> {
    metrics = createInstruments(extprocMetrics);
    logged = [];
    isBroken = true;
    ledger = new MemoryLedger();
    const random = seededRandom(1);
    const ready = endpoints(3);
    const log: Log = { ...silentLog, error: (fields) => logged.push(fields as Record<string, unknown>) };
    const repeatedFailures = new RepeatedFailures(reportRefusedMessages(log, metrics));
    const choose = (candidates: readonly Endpoint[]): Endpoint => {
      failIfBroken();
      return candidates[0] as Endpoint;
    };
    const scheduler = new Scheduler({
      pool: { ready: () => ready, all: () => ready },
      ledger,
      policies: new PolicySet({
        random,
        definitions: [{ name: 'random', summary: '', create: () => ({ name: 'random', choose }) }],
      }),
      rules: () => ({ policy: 'random', allowRequestPolicy: true, unknownPolicy: 'reject' }),
      random,
    });
    exchanges = new Exchanges({
      onStreamArrived: () => {},
      answersStreams: () => true,
      maxStreams: 100,
      decide: (request) => scheduler.schedule(request),
      retryAfterSeconds: 1,
      nowMs: () => performance.now(),
      recorder: recorderOf(metrics, { onSlow: () => repeatedFailures.watch() }),
      repeatedFailures,
      ...options,
    });
    server = openExtProcServer(kind, {
      acceptStream: (stream) => exchanges.accept(stream),
      health: new HealthStatus({ onCheckArrived, takesTraffic: () => true, isFit: () => true }),
      maxMessageBytes: 1_000_000,
      limits: generousLimits,
      totalLimits: generousTotalLimits,
      errors: new UnexpectedErrors(log, metrics),
    });
    const address = await listenOn(server, '127.0.0.1:0');
    client = new ExternalProcessor(address, credentials.createInsecure());
    healthClient = new Health(address, credentials.createInsecure());
  }

  afterEach(async () => {
    client.close();
    healthClient.close();
    await server.close(500);
  });

  type Stream = ClientDuplexStream<ProcessingRequest, ProcessingResponse__Output>;
  const open = (): Stream => client.process().on('error', () => {});
  const ended = (stream: Stream): Promise<number> => {
    stream.resume();
    return new Promise((resolve) => stream.on('status', ({ code }) => resolve(code)));
  };
  async function decided(): Promise<Stream> {
    const stream = open();
    stream.write(headers);
    await once(stream, 'data');
    return stream;
  }
  const decisions = (outcome: 'internal-error' | 'route'): number =>
    metrics.decisions.of('unknown', outcome) + metrics.decisions.of('random', outcome);

  it('a policy that throws fails its own stream with INTERNAL; others go on', async () => {
    await serve();
    isBroken = false;
    const neighbour = await decided();
    isBroken = true;
    const stream = open();
    stream.write(headers);
    expect(await ended(stream)).toBe(status.INTERNAL);
    expect(logged).toEqual([{ event: 'error.unexpected', where: 'call', suppressed: 0, cause: bug }]);
    expect(metrics.unexpectedErrors.of('call')).toBe(1);
    expect(decisions('internal-error')).toBe(1);
    expect(exchanges.open).toBe(1);
    isBroken = false;
    const next = await decided();
    for (const each of [neighbour, next]) {
      each.end();
      expect(await ended(each)).toBe(status.OK);
    }
    expect(ledger.view().size).toBe(0);
  });

  it('a poison that is repeated is refused unread, and others are served', async () => {
    await serve();
    const codes: number[] = [];
    for (let nth = 0; nth < 5; nth += 1) {
      const stream = open();
      stream.write(headers);
      codes.push(await ended(stream));
    }
    const { INTERNAL, INVALID_ARGUMENT } = status;
    expect(codes).toEqual([INTERNAL, INTERNAL, INTERNAL, INVALID_ARGUMENT, INVALID_ARGUMENT]);
    expect([metrics.unexpectedErrors.of('call'), metrics.messagesRefused.of()]).toEqual([3, 2]);
    expect(logged.filter(({ event }) => event === 'message.refusing').length).toBe(1);
    isBroken = false;
    const other = open();
    other.write({ request_headers: { headers: { headers: [{ key: 'x', value: 'y' }] } } });
    await once(other, 'data');
    other.end();
    expect(await ended(other)).toBe(status.OK);
    expect([exchanges.open, ledger.view().size]).toEqual([0, 0]);
  });

  it('a message that holds the event loop three times is refused then', async () => {
    let held = 0;
    const decide: ExchangesOptions['decide'] = () => {
      held += 1;
      const beganMs = performance.now();
      const { user } = process.cpuUsage();
      while (performance.now() - beganMs < heldMs || (process.cpuUsage().user - user) / 1_000 < heldMs);
      return { kind: 'reject', why: { kind: 'no-ready-endpoint' } };
    };
    await serve({ decide });
    const codes: number[] = [];
    for (let nth = 0; nth < 6; nth += 1) {
      const stream = open();
      stream.write(headers);
      stream.end();
      codes.push(await ended(stream));
    }
    // The first one only starts the watch.
    expect([held, codes.slice(0, 4), codes.slice(4)]).toEqual([
      4,
      Array(4).fill(status.OK),
      Array(2).fill(status.INVALID_ARGUMENT),
    ]);
  });

  it('a health check that throws is answered with INTERNAL', async () => {
    await serve({}, failIfBroken);
    const code = await new Promise((resolve) =>
      healthClient.check({ service: '' }, (error) => resolve(error?.code)),
    );
    expect(code).toBe(status.INTERNAL);
    expect(metrics.unexpectedErrors.of('call')).toBe(1);
  });

  it('an exception when a stream arrives fails that stream', async () => {
    await serve({ onStreamArrived: failIfBroken });
    expect(await ended(open())).toBe(status.INTERNAL);
    expect(exchanges.open).toBe(0);
  });

  it('an exception after the reservation is made releases it', async () => {
    const decide: ExchangesOptions['decide'] = () => ({
      kind: 'route',
      // A reply cannot be made of it.
      endpoint: undefined as unknown as Endpoint,
      alternates: [],
      policy: 'random',
      candidates: 1,
      reservation: ledger.reserve('10.0.0.1:8000'),
    });
    await serve({ decide });
    const stream = open();
    stream.write(headers);
    expect(await ended(stream)).toBe(status.INTERNAL);
    await until(() => exchanges.open === 0, { what: 'the end of the exchange' });
    expect(ledger.view().size).toBe(0);
    expect(decisions('internal-error')).toBe(1);
  });

  it('a trace that throws costs the request nothing', async () => {
    const reported: unknown[] = [];
    const trace = { enabled: true, record: failIfBroken };
    const recorder = recorderOf(metrics, { trace, onUnexpectedError: (error) => reported.push(error) });
    await serve({ recorder, decide: () => ({ kind: 'reject', why: { kind: 'no-ready-endpoint' } }) });
    const stream = await decided();
    stream.end();
    expect(await ended(stream)).toBe(status.OK);
    expect(reported).toEqual([bug]);
  });
});
