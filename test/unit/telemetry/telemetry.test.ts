import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExtprocMetrics, extprocMetrics } from '../../../src/extproc/metrics.ts';
import { openLabel, series } from '../../../src/telemetry/metric.ts';
import { startTelemetry, type Telemetry, type TelemetryOptions } from '../../../src/telemetry/telemetry.ts';
import { until } from '../../../tools/testbed/until.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';

checkForLeaks();

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentSpanId = '00f067aa0ba902b7';

let folder: string;
let logFd: number;
let telemetry: Telemetry;
let metrics: ExtprocMetrics;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'baton-telemetry-'));
  logFd = openSync(join(folder, 'log'), 'w');
});
afterEach(async () => {
  await telemetry.stop();
  closeSync(logFd);
  await rm(folder, { recursive: true });
});

const eachSeries = series<number>({
  name: 'test_each',
  labels: [openLabel('endpoint', 'addresses')],
  of: (nth) => [nth, `10.0.0.1:${nth}`],
  means: 'For this test',
  worry: 'Never.',
});

async function start(options: Partial<TelemetryOptions> = {}): Promise<void> {
  telemetry = await startTelemetry({
    logLevel: 'info',
    instance: { id: 'a', release: '1.2.3' },
    logFd,
    ...options,
  });
  metrics = telemetry.instruments(extprocMetrics);
}

async function metricsText(): Promise<string> {
  return [...(await telemetry.metricsText()).parts].join('');
}

function decide(outcome: 'route' | 'unknown-policy', policy = 'least-request'): void {
  metrics.decisions.add(policy, outcome);
  metrics.decisionDuration.record(0.000_02);
}

describe('when an OTLP receiver is configured', () => {
  let receiver: Server;
  const received = new Map<string, string>();

  beforeEach(async () => {
    received.clear();
    receiver = createServer(async (request, response) => {
      received.set(request.url ?? '', await textOf(request));
      response.setHeader('content-type', 'application/json').end('{}');
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await start({ otlpEndpoint: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}` });
  });
  afterEach(async () => {
    await telemetry.stop();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });

  it('sends each decision as a child span of the request', async () => {
    telemetry.trace.record({
      traceparent: `00-${traceId}-${parentSpanId}-01`,
      startMs: Date.now(),
      policy: 'least-request',
      candidates: 3,
      endpoint: '10.0.0.1:8000',
      outcome: 'route',
      alternates: ['10.0.0.2:8000', '10.0.0.3:8000'],
      cost: 0.25,
      promptTokens: 900,
      cachedTokens: 640,
    });
    await telemetry.stop();
    const [resource] = JSON.parse(received.get('/v1/traces') ?? '{}').resourceSpans;
    const [span] = resource.scopeSpans[0].spans;
    expect(span).toMatchObject({ name: 'baton.schedule', traceId, parentSpanId });
    expect(Object.fromEntries(span.attributes.map(attribute))).toEqual({
      'baton.policy': 'least-request',
      'baton.candidates': 3,
      'baton.endpoint': '10.0.0.1:8000',
      'baton.outcome': 'route',
      'baton.alternates': ['10.0.0.2:8000', '10.0.0.3:8000'],
      'baton.cost': 0.25,
      'baton.prompt_tokens': 900,
      'baton.cached_tokens': 640,
    });
    expect(resource.resource.attributes.map(attribute)).toContainEqual(['service.name', 'baton']);
  });

  it('sends what is known of a decision, and no decision of a request whose parent is not sampled', async () => {
    const span = { startMs: Date.now(), policy: 'random', candidates: 3, alternates: [], outcome: 'route' };
    const endpoint = '10.0.0.1:8000';
    telemetry.trace.record({ ...span, endpoint, traceparent: `00-${traceId}-${parentSpanId}-00` });
    telemetry.trace.record({
      ...span,
      endpoint,
      traceparent: `00-${traceId}-${parentSpanId}-01`,
      cost: undefined,
    });
    await telemetry.stop();
    const [resource] = JSON.parse(received.get('/v1/traces') ?? '{}').resourceSpans;
    const { spans } = resource.scopeSpans[0];
    expect(spans).toHaveLength(1);
    expect(spans[0].attributes.map(attribute)).not.toContainEqual(['baton.cost', undefined]);
    expect(spans[0].attributes).toHaveLength(5);
  });

  it('a duration has the span that it was measured at, where that is exported', async () => {
    const span = { startMs: Date.now(), policy: 'random', candidates: 3, alternates: [], outcome: 'route' };
    const traced = { ...span, endpoint: '10.0.0.1:8000' };
    const sampled = telemetry.trace.record({ ...traced, traceparent: `00-${traceId}-${parentSpanId}-01` });
    expect(sampled).toEqual({ traceId, spanId: expect.stringMatching(/^[\da-f]{16}$/) });
    const not = telemetry.trace.record({ ...traced, traceparent: `00-${traceId}-${parentSpanId}-00` });
    expect(not).toBeUndefined();

    decide('route');
    metrics.decisionDuration.exemplify(0.000_02, sampled as NonNullable<typeof sampled>);
    const { type, parts } = await telemetry.metricsText('application/openmetrics-text;version=1.0.0');
    expect(type).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    const text = [...parts].join('');
    expect(text).toMatch(
      new RegExp(
        `^baton_decision_duration_seconds_bucket\\{le="0.00002"\\} 1 # \\{trace_id="${traceId}"`,
        'm',
      ),
    );
    expect(text).toMatch(/\n# EOF\n$/);
    expect(await metricsText()).not.toContain('# {');
  });

  it('sends the metrics and still serves them to Prometheus', async () => {
    decide('route');
    expect(await metricsText()).toContain('outcome="route"} 1');
    await telemetry.stop();
    expect(received.get('/v1/metrics')).toContain('baton_decisions');
  });

  it('sends a gauge of each endpoint for up to 1,000 of them, and serves it for any number', async () => {
    let count = 1_000;
    telemetry.observeEach(() => Array.from({ length: count }, (_, nth) => nth), [eachSeries]);
    const served = async () => (await metricsText()).match(/^test_each\{/gm)?.length;
    expect(await served()).toBe(1_000);
    count = 1_001;
    expect(await served()).toBe(1_001);
    count = 1_000;
    await telemetry.stop();
    expect(received.get('/v1/metrics')?.match(/10\.0\.0\.1:\d+/g)).toHaveLength(1_000);
  });

  it('sends no gauge of each endpoint of a larger pool', async () => {
    telemetry.observeEach(() => Array(1_001).keys(), [eachSeries]);
    await telemetry.stop();
    expect(received.get('/v1/metrics')).not.toContain('10.0.0.1');
  });
});

describe('when the receiver cannot be reached', () => {
  it('logs a warning and ends', async () => {
    await start({ otlpEndpoint: 'http://127.0.0.1:9' });
    expect(telemetry.trace.enabled).toBe(true);
    decide('route');
    await telemetry.stop();
    expect(readFileSync(join(folder, 'log'), 'utf8')).toMatch(/"level":"warn".*"event":"otlp\./);
  });
});

describe('when the receiver refuses, and quotes what it was sent', () => {
  it('logs no password and no token of the endpoint', async () => {
    const secret = 'canary%7f3a';
    const requests: string[] = [];
    const refusing = createServer(({ url, headers }, response) => {
      requests.push(`${url} ${headers.authorization}`);
      response.writeHead(403).end(`no access with ${url} and ${headers.authorization}`);
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const { port } = refusing.address() as AddressInfo;
    await start({ otlpEndpoint: `http://me:${secret}@127.0.0.1:${port}/otlp/?token=${secret}` });
    telemetry.trace.record({
      startMs: Date.now(),
      policy: 'random',
      candidates: 1,
      endpoint: undefined,
      alternates: [],
      outcome: 'no-endpoints',
      traceparent: undefined,
    });
    await telemetry.stop();
    refusing.closeAllConnections();
    await new Promise((resolve) => refusing.close(resolve));

    const login = Buffer.from('me:canary\u007f3a').toString('base64');
    expect(requests[0]).toBe(`/otlp/v1/traces?token=${secret} Basic ${login}`);
    const logged = readFileSync(join(folder, 'log'), 'utf8');
    expect(logged).toContain('no access with /otlp/v1/traces***');
    expect(logged).not.toContain('canary');
    expect(logged).not.toContain(login);
  });
});

describe('when nothing is configured', () => {
  beforeEach(() => start());

  it('creates no spans', () => {
    expect(telemetry.trace.enabled).toBe(false);
  });

  it('counts decisions by policy and outcome, and takes no label from a request', async () => {
    decide('route');
    decide('route');
    decide('unknown-policy', 'x"} 1\nevil{a="b');
    const text = await metricsText();
    expect(text).toContain('baton_decisions_total{policy="least-request",outcome="route"} 2');
    expect(text).toContain('baton_decisions_total{policy="unknown",outcome="unknown-policy"} 1');
    expect(text).not.toContain('evil');
  });

  it('records durations in seconds', async () => {
    decide('route');
    const text = await metricsText();
    expect(text).toContain('baton_decision_duration_seconds_bucket{le="0.00002"} 1');
    expect(text).toContain('baton_decision_duration_seconds_count 1');
  });
});

describe('when the disk of the log is full', () => {
  it('drops lines, counts them, and keeps the process', async () => {
    const full = openSync('/dev/full', 'w');
    await start({ logFd: full });
    for (let line = 0; line < 1000; line += 1) telemetry.log.info({ event: 'test.lost', line }, 'lost');
    decide('route');
    const counted = '\nbaton_log_lines_dropped_total 1000\n';
    await until(async () => (await metricsText()).includes(counted), { what: 'the dropped lines' });
    expect(await metricsText()).toContain('outcome="route"} 1');
    await telemetry.stop();
    closeSync(full);
  });
});

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number;
    readonly doubleValue?: number;
    readonly arrayValue?: { readonly values: readonly { readonly stringValue: string }[] };
  };
}

function attribute({ key, value }: OtlpAttribute): [string, unknown] {
  const list = value.arrayValue?.values.map(({ stringValue }) => stringValue);
  return [key, value.stringValue ?? value.intValue ?? value.doubleValue ?? list];
}
