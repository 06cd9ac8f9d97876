import { once } from 'node:events';
import { connect as tcpConnect } from 'node:net';
import { type ClientDuplexStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { Exchanges, type ExchangesOptions } from '../../../src/extproc/exchanges.ts';
import { HealthStatus } from '../../../src/extproc/healthStatus.ts';
import { listenOn } from '../../../src/extproc/listenOn.ts';
import { openExtProcServer } from '../../../src/extproc/openExtProcServer.ts';
import type { GrpcServer } from '../../../src/grpc/grpcServer.ts';
import { MemoryLedger } from '../../../src/ledger/memoryLedger.ts';
import { ExternalProcessor, Health as HealthClient } from '../../../src/proto/clients.ts';
import type { ProcessingRequest } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { PolicySet } from '../../../src/scheduling/policySet.ts';
import { Scheduler } from '../../../src/scheduling/scheduler.ts';
import { until } from '../../../tools/testbed/until.ts';
import { endpoints } from '../../support/endpoints.ts';
import { failOnErrors } from '../../support/failOnErrors.ts';
import { generousLimits, generousTotalLimits } from '../../support/generousLimits.ts';
import { recorderOf } from '../../support/recorderOf.ts';
import { seededRandom } from '../../support/seededRandom.ts';

type Stream = ClientDuplexStream<ProcessingRequest, ProcessingResponse__Output>;

const headers = (values: Record<string, string> = {}): ProcessingRequest => ({
  request_headers: {
    headers: {
      headers: Object.entries(values).map(([key, value]) => ({ key, raw_value: Buffer.from(value) })),
    },
  },
});

let kind: 'builtin' | 'grpc-js';
let address: string;
let server: GrpcServer;
let exchanges: Exchanges;
let ledger: MemoryLedger;
let health: HealthStatus;
let takesTraffic = true;
let client: InstanceType<typeof ExternalProcessor>;
let healthClient: InstanceType<typeof HealthClient>;

async function serve(options: Partial<ExchangesOptions> = {}): Promise<void> {
  const random = seededRandom(1);
  ledger = new MemoryLedger();
  const ready = endpoints(3);
  const scheduler = new Scheduler({
    pool: { ready: () => ready, all: () => ready },
    ledger,
    policies: new PolicySet({ random }),
    rules: () => ({ policy: 'least-request', allowRequestPolicy: true, unknownPolicy: 'reject' }),
    random,
  });
  exchanges = new Exchanges({
    onStreamArrived: () => {},
    answersStreams: () => true,
    maxStreams: 100,
    decide: (request) => scheduler.schedule(request),
    replies: { extraHeaders: ['target-pod'] },
    retryAfterSeconds: 7,
    nowMs: () => performance.now(),
    recorder: recorderOf(),
    ...options,
  });
  health = new HealthStatus({
    onCheckArrived: () => {},
    takesTraffic: () => takesTraffic,
    isFit: () => true,
  });
  server = openExtProcServer(kind, {
    acceptStream: (stream) => exchanges.accept(stream),
    health,
    maxMessageBytes: 1_000_000,
    limits: generousLimits,
    totalLimits: generousTotalLimits,
    errors: failOnErrors,
  });
  address = await listenOn(server, '127.0.0.1:0');
  client = new ExternalProcessor(address, credentials.createInsecure());
  healthClient = new HealthClient(address, credentials.createInsecure());
}

afterEach(async () => {
  takesTraffic = true;
  client.close();
  healthClient.close();
  await server.close(500);
});

function open(): Stream {
  const stream = client.process();
  // The status has the error.
  stream.on('error', () => {});
  return stream;
}

async function replyTo(stream: Stream, message: ProcessingRequest): Promise<ProcessingResponse__Output> {
  stream.write(message);
  const [answer] = await once(stream, 'data');
  return answer;
}

const statusOf = (stream: Stream): Promise<{ code: number; details: string }> => {
  stream.resume();
  // Not `once`, which rejects on the error that comes with a status.
  return new Promise((resolve) => stream.on('status', resolve));
};

describe.each(['builtin', 'grpc-js'] as const)('over %s', (serverKind) => {
  beforeAll(() => {
    kind = serverKind;
  });

  describe('an ext_proc stream', () => {
    it('gets the same destination in header and metadata, and the extra header', async () => {
      await serve();
      const stream = open();
      const answer = await replyTo(stream, headers());
      const set = answer.request_headers?.response?.header_mutation?.set_headers ?? [];
      const values = Object.fromEntries(
        set.map(({ header }) => [header?.key, header?.raw_value?.toString()]),
      );
      const destination = values['x-gateway-destination-endpoint'] ?? '';
      expect(destination.split(',')).toHaveLength(3);
      expect(values['target-pod']).toBe(destination.split(',')[0]);
      expect(set.every(({ append_action }) => append_action === 'OVERWRITE_IF_EXISTS_OR_ADD')).toBe(true);
      const lb = answer.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
      expect(lb?.['x-gateway-destination-endpoint']?.stringValue).toBe(destination);
      expect(ledger.inFlight(values['target-pod'] ?? '')).toBe(1);

      stream.end();
      expect((await statusOf(stream)).code).toBe(status.OK);
      expect(ledger.view().size).toBe(0);
    });

    it('gets a reply to every kind of message', async () => {
      await serve();
      const stream = open();
      await replyTo(stream, headers());
      for (const phase of [
        'response_headers',
        'request_body',
        'response_body',
        'request_trailers',
        'response_trailers',
      ]) {
        expect((await replyTo(stream, { [phase]: {} })).response).toBe(phase);
      }
      stream.end();
      await statusOf(stream);
    });

    it('releases its reservation when it is cancelled', async () => {
      await serve();
      const stream = open();
      await replyTo(stream, headers());
      stream.cancel();
      await until(() => ledger.view().size === 0, { what: 'the reservation to be released' });
      expect(exchanges.open).toBe(0);
    });

    it('releases its reservation when the connection is lost', async () => {
      await serve();
      await replyTo(open(), headers());
      client.close();
      client.getChannel().close();
      await server.close(0);
      await until(() => ledger.view().size === 0, { what: 'the reservation to be released' });
    });

    it('answers an unknown policy with the known ones', async () => {
      await serve();
      const stream = open();
      const { immediate_response: answer } = await replyTo(
        stream,
        headers({ 'routing-strategy': 'fa"stest' }),
      );
      expect(answer?.status?.code).toBe('BadRequest');
      const { error } = JSON.parse(answer?.body?.toString() ?? '');
      expect(error.code).toBe('unknown_routing_strategy');
      expect(error.message).toContain('"fa\\"stest"');
      expect(error.message).toContain('random, round-robin, least-request, power-of-two');
      stream.end();
      await statusOf(stream);
    });

    it('answers an empty subset with Retry-After', async () => {
      await serve();
      const subset = { fields: { 'x-gateway-destination-endpoint-subset': { stringValue: '10.9.9.9:80' } } };
      const metadata = { filter_metadata: { 'envoy.lb.subset_hint': subset } };
      const stream = open();
      const { immediate_response: answer } = await replyTo(stream, {
        ...headers(),
        metadata_context: metadata,
      });
      expect(answer?.status?.code).toBe('ServiceUnavailable');
      const retryAfter = answer?.headers?.set_headers?.find(({ header }) => header?.key === 'retry-after');
      expect(retryAfter?.header?.raw_value?.toString()).toBe('7');
      stream.end();
      await statusOf(stream);
    });

    it.each([
      ['a list', { listValue: { values: [{ stringValue: '10.0.0.2:8000' }] } }],
      ['a string', { stringValue: ' 10.9.9.9:1 , 10.0.0.2:8000' }],
    ])('stays within a subset given as %s', async (_form, value) => {
      await serve();
      const subset = { fields: { 'x-gateway-destination-endpoint-subset': value } };
      const metadata = { filter_metadata: { 'envoy.lb.subset_hint': subset } };
      const stream = open();
      await replyTo(stream, { ...headers(), metadata_context: metadata });
      expect(Object.fromEntries(ledger.view())).toEqual({ '10.0.0.2:8000': 1 });
      stream.end();
      await statusOf(stream);
    });

    it('fails with UNAVAILABLE while the instance answers no streams', async () => {
      await serve({ answersStreams: () => false });
      expect((await statusOf(open())).code).toBe(status.UNAVAILABLE);
    });

    it('fails at once above the limit, and the others go on', async () => {
      await serve({ maxStreams: 1 });
      const first = open();
      await replyTo(first, headers());
      const { code, details } = await statusOf(open());
      expect([code, details]).toEqual([status.RESOURCE_EXHAUSTED, 'limits.maxStreams (1) is reached']);
      expect((await replyTo(first, { response_headers: {} })).response).toBe('response_headers');
      first.end();
      await statusOf(first);
    });

    it('fails when a message is empty', async () => {
      await serve();
      const stream = open();
      stream.write({});
      expect((await statusOf(stream)).code).toBe(status.INVALID_ARGUMENT);
      expect(exchanges.open).toBe(0);
    });

    it('ends with OK when the instance half-closes it', async () => {
      await serve();
      const stream = open();
      await replyTo(stream, headers());
      expect(exchanges.halfCloseAll()).toBe(1);
      expect((await statusOf(stream)).code).toBe(status.OK);
      expect(ledger.view().size).toBe(0);
    });
  });

  describe('the gRPC health service', () => {
    const check = (service?: string): Promise<string> =>
      new Promise((resolve, reject) => {
        healthClient.check(service === undefined ? {} : { service }, (problem, answer) =>
          problem ? reject(problem) : resolve(String(answer?.status)),
        );
      });

    it('has services for Envoy and for an orchestrator', async () => {
      await serve();
      takesTraffic = false;
      expect(await check()).toBe('NOT_SERVING');
      expect(await check('envoy.service.ext_proc.v3.ExternalProcessor')).toBe('NOT_SERVING');
      expect(await check('readiness')).toBe('SERVING');
      expect(await check('liveness')).toBe('SERVING');
      await expect(check('nonsense')).rejects.toMatchObject({ code: status.NOT_FOUND });
    });

    it('reports each change to watchers once, and ends their streams when the server closes', async () => {
      await serve();
      const statuses: unknown[] = [];
      const watch = healthClient.watch({ service: '' });
      watch.on('data', ({ status: now }) => statuses.push(now));
      watch.on('error', () => {});
      await until(() => statuses.length === 1, { what: 'the first status' });
      takesTraffic = false;
      health.changed();
      health.changed();
      await until(() => statuses.length === 2, { what: 'the change' });
      expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
      const ended = once(watch, 'end');
      await server.close(1_000);
      await ended;
    });

    it('takes few watches of one connection, and others when some have ended', async () => {
      await serve();
      const firstOf = (watch: ReturnType<typeof healthClient.watch>): Promise<unknown> =>
        new Promise((resolve) => {
          watch.on('data', ({ status: now }) => resolve(now));
          watch.on('error', ({ code, details }: ServiceError) => resolve([code, details]));
        });
      const watches = Array.from({ length: 10 }, () => healthClient.watch({ service: '' }));
      expect(await Promise.all(watches.map(firstOf))).toEqual(new Array(10).fill('SERVING'));
      const tooMany = [status.RESOURCE_EXHAUSTED, 'this connection has 10 health watches already'];
      expect(await firstOf(healthClient.watch({ service: '' }))).toEqual(tooMany);
      const other = new HealthClient(address, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
      });
      const ofOther = other.watch({ service: '' });
      expect(await firstOf(ofOther)).toBe('SERVING');
      watches[0]?.cancel();
      await until(async () => (await firstOf(healthClient.watch({ service: '' }))) === 'SERVING', {
        what: 'a free place',
      });
      for (const watch of [...watches, ofOther]) watch.cancel();
      other.close();
    });

    it('reports SERVICE_UNKNOWN to the watcher of an unknown service', async () => {
      await serve();
      const watch = healthClient.watch({ service: 'nonsense' });
      watch.on('error', () => {});
      const [{ status: now }] = await once(watch, 'data');
      expect(now).toBe('SERVICE_UNKNOWN');
      watch.cancel();
    });
  });

  describe('the server', () => {
    it('survives bytes that are not HTTP/2', async () => {
      await serve();
      const [host, port] = address.split(':');
      const socket = tcpConnect(Number(port), host);
      socket.on('error', () => {});
      socket.resume();
      socket.write(`GET / HTTP/1.1\r\nhost: x\r\n\r\n${'\0'.repeat(1000)}`);
      await once(socket, 'close');
      const stream = open();
      expect((await replyTo(stream, headers())).response).toBe('request_headers');
      stream.end();
      await statusOf(stream);
    });

    it('reports the address that is in use', async () => {
      await serve();
      const other = openExtProcServer(kind, {
        acceptStream: (stream) => exchanges.accept(stream),
        health,
        maxMessageBytes: 1,
        limits: generousLimits,
        totalLimits: generousTotalLimits,
        errors: failOnErrors,
      });
      await expect(listenOn(other, address)).rejects.toThrow(`cannot listen on ${address}`);
      await expect(listenOn(other, address)).rejects.toThrow('EADDRINUSE');
      await other.close(0);
    });
  });
});
