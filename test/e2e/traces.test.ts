import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EnvoyBootstrap } from '../../tools/testbed/envoyAddresses.ts';
import { connectionManagerOf, waitForDecisions } from '../support/envoyWindows.ts';
import { eventually } from '../support/eventually.ts';
import { HttpPod } from '../support/httpPod.ts';
import { checkForLeaks } from '../support/leakCheck.ts';
import { sendHttp } from '../support/sendHttp.ts';
import { useTopology } from '../support/topology.ts';

/** Envoy and Baton export spans to one receiver: client, Envoy, decision and pod are one trace. */
checkForLeaks();

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parents = {
  sampled: `00-${traceId}-00f067aa0ba902b7-01`,
  notSampled: `00-${traceId.replaceAll('4', '5')}-00f067aa0ba902b7-00`,
};

interface DecisionSpan {
  readonly traceId: string;
  readonly parentSpanId?: string;
}

describe('a decision behind an Envoy that traces', () => {
  /** Of Baton, in JSON. */
  const decisions: DecisionSpan[] = [];
  /** Of Envoy, in protobuf, where the ids are bytes. */
  const envoysSpans: Buffer[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (request.headers['content-type'] !== 'application/json') envoysSpans.push(body);
    else if (request.url === '/v1/traces') {
      const [{ scopeSpans }] = JSON.parse(body.toString()).resourceSpans;
      decisions.push(...scopeSpans[0].spans);
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  let pod: HttpPod;
  beforeAll(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    pod = await HttpPod.start(({ headers }) => headers.traceparent ?? null);
  });
  afterAll(async () => {
    await pod.stop();
    receiver.closeAllConnections();
    await new Promise((resolve) => receiver.close(resolve));
  });
  const topology = useTopology(async () => {
    const { port } = receiver.address() as AddressInfo;
    return {
      instances: 1,
      etcd: false,
      externalPods: [pod.address],
      baton: { telemetry: { otlpEndpoint: `http://127.0.0.1:${port}` } },
      amendEnvoy: (bootstrap) => {
        waitForDecisions(bootstrap);
        exportSpans(bootstrap, port);
      },
    };
  });

  /** The trace that the pod is told to belong to, and the decision's span in it. */
  async function traceOf(headers: Record<string, string>) {
    const { text } = await sendHttp(topology().chatUrl, { headers, body: {} });
    const [, ofPod = ''] = JSON.parse(text).split('-');
    const find = () => decisions.find((span) => span.traceId === ofPod);
    return { ofPod, find };
  }

  it('is a child of the span in which Envoy asks for it', async () => {
    const { find } = await traceOf({});
    await eventually(() => {
      const parent = Buffer.from(find()?.parentSpanId ?? 'none', 'hex');
      expect(parent).toHaveLength(8);
      expect(envoysSpans.some((spans) => spans.includes(parent))).toBe(true);
    });
  });

  it('is in the trace of a client that has one', async () => {
    const { ofPod, find } = await traceOf({ traceparent: parents.sampled });
    expect(ofPod).toBe(traceId);
    await eventually(() => expect(find()).toBeDefined());
  });

  it('is not exported where the client does not sample its trace', async () => {
    const { ofPod } = await traceOf({ traceparent: parents.notSampled });
    const later = await traceOf({});
    await eventually(() => expect(later.find()).toBeDefined());
    expect(decisions.map((span) => span.traceId)).not.toContain(ofPod);
  });
});

function exportSpans(bootstrap: EnvoyBootstrap, port: number): void {
  Object.assign(connectionManagerOf(bootstrap), {
    tracing: {
      provider: {
        name: 'envoy.tracers.opentelemetry',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig',
          service_name: 'envoy',
          http_service: {
            http_uri: { uri: `http://127.0.0.1:${port}/v1/traces`, cluster: 'collector', timeout: '1s' },
          },
        },
      },
    },
  });
  const address = { socket_address: { address: '127.0.0.1', port_value: port } };
  bootstrap.static_resources.clusters.push({
    name: 'collector',
    type: 'STATIC',
    load_assignment: {
      cluster_name: 'collector',
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  });
  const { layers } = bootstrap.layered_runtime as { layers: object[] };
  layers.push({ name: 'test', static_layer: { 'tracing.opentelemetry.flush_interval_ms': 100 } });
}
