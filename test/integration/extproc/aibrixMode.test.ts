import { credentials } from '@grpc/grpc-js';
import { AibrixMode, targetPodHeader } from '../../../src/extproc/aibrixMode.ts';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { aibrixPolicy, aibrixStrategies } from '../../../src/scheduling/aibrixPolicy.ts';
import { endpoint } from '../../support/endpoints.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { headersMessage, ProxyExchange, podIn } from '../../support/proxyExchange.ts';
import { SchedulingServer, type SchedulingServerOptions } from '../../support/schedulingServer.ts';

checkForLeaks();

/** As AIBrix configures Envoy. */
const protocol_config = { request_body_mode: 'BUFFERED', response_body_mode: 'STREAMED' } as const;
const post = { ':method': 'POST', ':path': '/v1/chat/completions', 'content-type': 'application/json' };
const session = {
  headers: ['x-session-id', 'x-aibrix-session-key'],
  cookie: undefined,
  bodyFields: [],
};
const pods = ['h100', 'h100', 'a100'].map((gpu, nth) => ({
  ...endpoint(`10.0.0.${nth + 1}:8000`),
  models: ['llama'],
  labels: { gpu },
  name: `llama-${nth}`,
}));
const nameOf = (pod: string | undefined) => pods.find(({ address }) => address === pod)?.name;

type Kind = 'request_headers' | 'request_body' | 'response_headers' | 'immediate_response';

/** The headers that a reply sets, the last of each name. */
function headersIn(reply: ProcessingResponse__Output, kind: Kind): Record<string, string | undefined> {
  const set =
    kind === 'immediate_response'
      ? reply.immediate_response?.headers?.set_headers
      : reply[kind]?.response?.header_mutation?.set_headers;
  return Object.fromEntries(
    (set ?? []).map(({ header }) => [header?.key ?? '', header?.raw_value?.toString()]),
  );
}

describe.each(['builtin', 'grpc-js'] as const)('AIBrix mode over %s', (kind) => {
  let baton: SchedulingServer;
  let client: InstanceType<typeof ExternalProcessor>;
  let made: number;

  const serve = async (options: SchedulingServerOptions = {}): Promise<void> => {
    made = 0;
    baton = await new SchedulingServer(kind, {
      ready: pods,
      aibrix: new AibrixMode(() => {
        made += 1;
        return `made-${made}`;
      }),
      replies: { clearRouteCache: true, maxAlternates: 0, extraHeaders: [targetPodHeader] },
      reads: { labels: 'external-filter', modelInBody: 'helps' },
      ...options,
    }).listen();
    client = new ExternalProcessor(baton.address, credentials.createInsecure());
  };
  afterEach(async () => {
    client.close();
    await baton.server.close(500);
    expect(baton.unexpected).toEqual([]);
    expect(baton.ledger.view().size).toBe(0);
  });
  const open = (): ProxyExchange => new ProxyExchange(client);
  const headers = (values: Record<string, string>) => headersMessage(values, { protocol_config });
  const get = { ':method': 'GET', ':path': '/v1/models' };

  it('each strategy is answered by a policy that is named', async () => {
    await serve();
    for (const [nth, strategy] of aibrixStrategies.entries()) {
      const exchange = open();
      const reply = await exchange.send(headers({ ...get, 'routing-strategy': strategy }));
      const pod = podIn(reply);
      expect(pod).toMatch(/^10\.0\.0\./);
      expect(headersIn(reply, 'request_headers')).toMatchObject({
        'target-pod': pod,
        'routing-strategy': strategy,
        'x-went-into-req-headers': 'true',
      });
      expect(reply.request_headers?.response?.clear_route_cache).toBe(true);
      const answer = headersIn(await exchange.send({ response_headers: {} }), 'response_headers');
      expect(answer).toMatchObject({
        'routing-strategy': strategy,
        'target-pod': nameOf(pod),
        'target-pod-ip': pod,
        'x-went-into-req-headers': 'true',
      });
      expect(answer['x-baton-policy']).toBe(aibrixPolicy(strategy));
      expect(answer['request-id']).toBe(`made-${nth + 1}`);
      await exchange.end();
    }
  });

  it('without a strategy the default policy is the strategy, so that a route matches', async () => {
    await serve();
    const exchange = open();
    const reply = await exchange.send(headers({ ...get, 'x-request-id': 'one' }));
    expect(headersIn(reply, 'request_headers')['routing-strategy']).toBe('least-request');
    const answer = headersIn(await exchange.send({ response_headers: {} }), 'response_headers');
    expect(answer).toMatchObject({ 'routing-strategy': 'least-request', 'request-id': 'one' });
    await exchange.end();
  });

  it('the model of a body becomes a header, unless a header cannot hold it', async () => {
    await serve();
    for (const [model, expected] of [
      ['llama', 'llama'],
      ['a\r\nb: c', undefined],
    ]) {
      const exchange = open();
      await exchange.send(headers({ ...post, 'routing-strategy': 'throughput' }));
      const body = Buffer.from(JSON.stringify({ messages: [], model }));
      const reply = await exchange.send({ request_body: { body, end_of_stream: true } });
      if (expected === undefined) {
        const answer = headersIn(reply, 'immediate_response');
        expect(answer['x-error-no-model-backends']).toBe('true');
      } else {
        expect(headersIn(reply, 'request_body')).toMatchObject({
          model: expected,
          'routing-strategy': 'throughput',
          'target-pod': podIn(reply),
        });
        expect(reply.request_body?.response?.clear_route_cache).toBe(true);
      }
      await exchange.end();
    }
  });

  it.each([
    ['gpu=a100', ['10.0.0.3:8000']],
    ['gpu in (a100, b200)', ['10.0.0.3:8000']],
    ['gpu notin (a100)', ['10.0.0.1:8000', '10.0.0.2:8000']],
    ['gpu!=h100', ['10.0.0.3:8000']],
  ])('external-filter %s leaves some pods', async (selector, expected) => {
    await serve();
    for (let nth = 0; nth < 4; nth += 1) {
      const exchange = open();
      const reply = await exchange.send(headers({ ...get, 'external-filter': selector }));
      expect(expected).toContain(podIn(reply));
      await exchange.end();
    }
  });

  it('a client that has no session gets one, and keeps its pod by it', async () => {
    await serve({ reads: { session } });
    const first = open();
    const pod = podIn(await first.send(headers({ ...get, 'routing-strategy': 'session-affinity' })));
    const answer = headersIn(await first.send({ response_headers: {} }), 'response_headers');
    const id = answer['x-session-id'] ?? '';
    expect(id).toMatch(/^made-/);
    await first.end();
    for (let nth = 0; nth < 3; nth += 1) {
      const next = open();
      const values = { ...get, 'routing-strategy': 'session-affinity', 'x-session-id': id };
      expect(podIn(await next.send(headers(values)))).toBe(pod);
      const again = headersIn(await next.send({ response_headers: {} }), 'response_headers');
      expect(again['x-session-id']).toBe(id);
      await next.end();
    }
  });

  it.each([
    [{ 'routing-strategy': 'best' }, 'BadRequest', ['x-error-invalid-routing-strategy', 'best']],
    [{ 'x-model': 'gpt' }, 'NotFound', ['x-error-no-model-backends', 'gpt']],
    [{ 'external-filter': 'gpu=x' }, 'ServiceUnavailable', ['x-error-routing', 'true']],
  ] as const)('a refusal of %j has the header that says why', async (values, status, [name, value]) => {
    await serve();
    const exchange = open();
    const reply = await exchange.send(headers({ ...get, ...values }));
    expect(reply.immediate_response?.status?.code).toBe(status);
    expect(headersIn(reply, 'immediate_response')).toMatchObject({
      [name]: value,
      'request-id': 'made-1',
      'content-type': 'application/json',
    });
    await exchange.end();
  });
});
