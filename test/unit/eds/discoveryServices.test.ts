import { type DiscoveryServices, DiscoveryServices as Services } from '../../../src/eds/discoveryServices.ts';
import { discoveryMetrics } from '../../../src/eds/metrics.ts';
import { HealthStatus } from '../../../src/extproc/healthStatus.ts';
import { openExtProcServer } from '../../../src/extproc/openExtProcServer.ts';
import type { GrpcServer } from '../../../src/grpc/grpcServer.ts';
import type { ServerStream } from '../../../src/grpc/serverStream.ts';
import { endpointDiscoveryService } from '../../../src/proto/services.ts';
import { createInstruments } from '../../../src/telemetry/instruments.ts';
import { DiscoveryClient, type DiscoveryMethod, discoveryMethods } from '../../support/discoveryClient.ts';
import { eventually } from '../../support/eventually.ts';
import { generousLimits, generousTotalLimits } from '../../support/generousLimits.ts';
import { TestPool } from '../../support/publishedPool.ts';
import { serverKinds } from '../../support/serverKinds.ts';

const methods = Object.keys(discoveryMethods) as DiscoveryMethod[];
const status = { ok: 0, invalidArgument: 3, resourceExhausted: 8, unavailable: 14 };

function createServices(pool: TestPool, clusters: readonly string[] = ['pods']) {
  const metrics = createInstruments(discoveryMetrics);
  const lines: Record<string, unknown>[] = [];
  const log = { warn: (fields: object) => void lines.push({ ...fields }) };
  const services = new Services({ pools: [{ pool, clusters }], log, metrics });
  services.changed(pool);
  const counts = () =>
    Object.fromEntries([...metrics.discoveryResponses.entries()].map(([n, what]) => [what, n]));
  return { services, lines, counts };
}

describe.each(serverKinds)('endpoint discovery on the %s server', (kind) => {
  let pool: TestPool;
  let parts: ReturnType<typeof createServices>;
  let server: GrpcServer;
  let address = '';
  const clients: DiscoveryClient[] = [];
  const open = (method: DiscoveryMethod) => {
    const client = new DiscoveryClient(address, method);
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    pool = new TestPool().set('10.0.0.1:8000').set('10.0.0.2:8000', 'unhealthy');
    parts = createServices(pool);
    server = openExtProcServer(kind, {
      acceptStream: (stream) => {
        stream.end();
        return { onMessage: () => {}, onEnd: () => {}, onClosed: () => {} };
      },
      otherHandlers: parts.services.handlers,
      endOthers: () => parts.services.endStreams(),
      health: new HealthStatus({ onCheckArrived: () => {}, takesTraffic: () => true, isFit: () => true }),
      maxMessageBytes: 1_048_576,
      limits: generousLimits,
      totalLimits: generousTotalLimits,
      errors: { report: (error) => expect(error).toBeUndefined() },
    });
    address = `127.0.0.1:${await server.listen({ host: '127.0.0.1', port: 0 })}`;
    await eventually(() => parts.services.report(pool).version !== null, { timeoutMs: 30_000 });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await server.close(1_000);
    await parts.services.stop();
  });

  it.each(methods)('answers %s with the pool, and with each change of it', async (method) => {
    const client = open(method);
    client.subscribe('pods');
    await client.received(1);
    expect(client.last).toEqual([{ cluster: 'pods', endpoints: pool.expected() }]);
    client.answer(['pods']);

    pool.set('10.0.0.3:8000').set('10.0.0.2:8000');
    parts.services.changed(pool);
    await client.received(2);
    expect(client.last).toEqual([{ cluster: 'pods', endpoints: pool.expected() }]);
    client.answer(['pods']);
    await eventually(() => expect(parts.counts()).toEqual({ sent: 2, accepted: 2, refused: 0 }));
  });

  it.each(methods)('sends an empty pool as one by %s', async (method) => {
    pool.all.clear();
    parts.services.changed(pool);
    const client = open(method);
    client.subscribe('pods');
    await client.received(1);
    if (Object.keys(client.last[0]?.endpoints ?? {}).length > 0) {
      client.answer(['pods']);
      await client.received(2);
    }
    expect(client.last).toEqual([{ cluster: 'pods', endpoints: {} }]);
  });

  it('logs a refusal in the words of Envoy, counts it, and does not repeat what was refused', async () => {
    const client = open('StreamEndpoints');
    client.subscribe('pods');
    await client.received(1);
    client.answer(['pods'], 'malformed IP address: x');
    await eventually(() => expect(parts.counts()).toMatchObject({ sent: 1, refused: 1 }));
    expect(parts.lines).toEqual([
      { event: 'eds.refused', node: 'envoy-1', reason: 'malformed IP address: x', suppressed: 0 },
    ]);
    pool.set('10.0.0.4:8000');
    parts.services.changed(pool);
    await client.received(2);
    expect(client.last[0]?.endpoints).toHaveProperty(['10.0.0.4:8000']);
  });

  it('ends its streams when the server closes', async () => {
    const client = open('DeltaEndpoints');
    client.subscribe('pods');
    await client.received(1);
    expect(parts.services.report(pool).streams).toBe(1);
    await server.close(1_000);
    await eventually(() => expect(client.status).toBe(status.ok), { timeoutMs: 30_000 });
    expect(parts.services.report(pool).streams).toBe(0);
  });

  it('leaves other types of an aggregated stream unanswered, and refuses them elsewhere', async () => {
    const clusters = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
    const aggregated = open('StreamAggregatedResources');
    aggregated.send({ type_url: clusters });
    aggregated.subscribe('pods');
    await aggregated.received(1);
    expect(aggregated.last).toHaveLength(1);

    const alone = open('StreamEndpoints');
    alone.send({ type_url: clusters });
    await eventually(() => expect(alone.status).toBe(status.invalidArgument), { timeoutMs: 30_000 });
  });

  it('says which cluster it does not serve', async () => {
    const client = open('DeltaEndpoints');
    client.subscribe('model_pods', 'pods');
    await client.received(1);
    expect(client.responses[0]?.removed_resources).toEqual(['model_pods']);
    expect(parts.lines).toMatchObject([
      { event: 'eds.unknown-cluster', node: 'envoy-1', asked: 'model_pods', served: ['pods'] },
    ]);
  });
});

describe('endpoint discovery', () => {
  const path = endpointDiscoveryService.StreamEndpoints.path;
  const request = (
    message: Parameters<typeof endpointDiscoveryService.StreamEndpoints.requestSerialize>[0],
  ) => endpointDiscoveryService.StreamEndpoints.requestSerialize(message);

  function openStream(services: DiscoveryServices) {
    const seen = { replies: [] as Uint8Array[], failure: '' };
    const stream: ServerStream = {
      connection: seen,
      traceparent: undefined,
      reply: (message) => void seen.replies.push(Buffer.from(message)),
      replyOf: () => {},
      end: () => {},
      fail: (code) => {
        seen.failure = code;
      },
    };
    const listener = services.handlers.get(path)?.(stream);
    const send = (message: Parameters<typeof request>[0]) => listener?.onMessage(request(message));
    return { seen, send, close: () => listener?.onClosed('cancelled') };
  }

  it('is refused until the pool is known, so that Envoy asks another instance', async () => {
    const pool = new TestPool();
    pool.isReadAlready = false;
    const { services } = createServices(pool);
    expect(openStream(services).seen.failure).toBe('UNAVAILABLE');
    pool.isReadAlready = true;
    services.changed(pool);
    await eventually(() => services.report(pool).version !== null);
    const { seen, send } = openStream(services);
    send({ resource_names: ['pods'] });
    expect([seen.failure, seen.replies.length]).toEqual(['', 1]);
    await services.stop();
  });

  it('holds at most 1,000 streams, and forgets those that are gone', async () => {
    const other = new TestPool();
    const { services } = createServices(other);
    await eventually(() => services.report(other).version !== null);
    const streams = Array.from({ length: 1_001 }, () => openStream(services));
    expect(streams.map(({ seen }) => seen.failure).filter(Boolean)).toEqual(['RESOURCE_EXHAUSTED']);
    for (const { close } of streams) close();
    expect(services.report(other).streams).toBe(0);
    expect(openStream(services).seen.failure).toBe('');
    await services.stop();
  });

  it('sends one response at a time to a client that asks and never answers', async () => {
    const pool = new TestPool().set('10.0.0.1:8000');
    const { services } = createServices(pool);
    await eventually(() => services.report(pool).version !== null);
    const { seen, send } = openStream(services);
    for (let i = 0; i < 1_000; i += 1) send({ resource_names: ['pods'] });
    expect(seen.replies).toHaveLength(1);
    await services.stop();
  });

  it('makes one response of the changes of one turn', async () => {
    const pool = new TestPool();
    const { services } = createServices(pool);
    await eventually(() => services.report(pool).version !== null);
    const { seen, send } = openStream(services);
    send({ resource_names: ['pods'] });
    const nonceOf = (bytes: Uint8Array | undefined) =>
      endpointDiscoveryService.StreamEndpoints.responseDeserialize(Buffer.from(bytes ?? [])).nonce;
    send({ resource_names: ['pods'], response_nonce: nonceOf(seen.replies[0]) ?? '' });
    for (let i = 0; i < 100; i += 1) {
      pool.set(`10.0.0.${i}:8000`);
      services.changed(pool);
    }
    await eventually(() => seen.replies.length === 2);
    const { version } = services.report(pool);
    services.changed(pool);
    await services.stop();
    expect(services.report(pool).version).toBe(version);
  });
});
