import { createHash } from 'node:crypto';
import { credentials, status } from '@grpc/grpc-js';
import { type FullDuplexSettings, fullDuplexRules } from '../../../src/extproc/fullDuplex/fullDuplexRules.ts';
import { LeftRequests } from '../../../src/extproc/fullDuplex/leftRequests.ts';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { ProcessingRequest } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { until } from '../../../tools/testbed/until.ts';
import { endpoint } from '../../support/endpoints.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { headersMessage, ProxyExchange, podIn } from '../../support/proxyExchange.ts';
import { SchedulingServer, type SchedulingServerOptions } from '../../support/schedulingServer.ts';

/** A gateway whose bodies run through Baton: FULL_DUPLEX_STREAMED in both directions. */
checkForLeaks();

const protocol_config = {
  request_body_mode: 'FULL_DUPLEX_STREAMED',
  response_body_mode: 'FULL_DUPLEX_STREAMED',
} as const;
const post = { ':method': 'POST', ':path': '/v1/chat/completions', 'content-type': 'application/json' };
const twoModels = ['a', 'b'].map((model, nth) => ({
  ...endpoint(`10.0.0.${nth + 1}:8000`),
  models: [model],
}));

const requestBody = (bytes: Buffer, isEnd: boolean): ProcessingRequest => ({
  request_body: { body: bytes, end_of_stream: isEnd },
});
const responseBody = (bytes: Buffer, isEnd: boolean): ProcessingRequest => ({
  response_body: { body: bytes, end_of_stream: isEnd },
});
const get = (isEnd = true): ProcessingRequest => {
  const message = headersMessage({ ':method': 'GET', ':path': '/v1/models' }, { protocol_config });
  return { ...message, request_headers: { ...message.request_headers, end_of_stream: isEnd } };
};
const random = (bytes: number): Buffer => Buffer.alloc(bytes, createHash('sha256').update('x').digest());

/** The pieces of a body that came back. */
function pieces(replies: readonly ProcessingResponse__Output[], kind: 'request_body' | 'response_body') {
  const streamed = replies.flatMap((reply) => reply[kind]?.response?.body_mutation?.streamed_response ?? []);
  return streamed.map(({ body, end_of_stream: isEnd }) => ({ body: body ?? Buffer.alloc(0), isEnd }));
}

function expectWhole(
  replies: readonly ProcessingResponse__Output[],
  kind: 'request_body' | 'response_body',
  sent: Buffer,
): void {
  const back = pieces(replies, kind);
  expect(Buffer.concat(back.map(({ body }) => body)).equals(sent)).toBe(true);
  expect(back.map(({ isEnd }) => isEnd === true)).toEqual(back.map((_, nth) => nth === back.length - 1));
  for (const { body } of back) expect(body.length).toBeLessThanOrEqual(62_000);
}

describe.each(['builtin', 'grpc-js'] as const)('full duplex over %s', (kind) => {
  let baton: SchedulingServer;
  let client: InstanceType<typeof ExternalProcessor>;
  const clock = new FakeClock();

  const serve = async (
    settings: FullDuplexSettings = {},
    options: SchedulingServerOptions = {},
  ): Promise<void> => {
    const fullDuplex = fullDuplexRules(clock, settings);
    baton = await new SchedulingServer(kind, {
      maxMessageBytes: 1_310_720,
      fullDuplex,
      ...options,
    }).listen();
    client = new ExternalProcessor(baton.address, credentials.createInsecure());
  };
  afterEach(async () => {
    client.close();
    await baton.server.close(500);
    clock.advance(60_000);
    expect(baton.unexpected).toEqual([]);
    expect(baton.exchanges.open).toBe(0);
    expect(baton.exchanges.assumed).toBe(0);
    expect(baton.ledger.view().size).toBe(0);
  });
  const open = (): ProxyExchange => new ProxyExchange(client);
  const ended = async (exchange: ProxyExchange): Promise<void> => {
    await until(() => exchange.isOver, { what: 'the end of the stream', timeoutMs: 30_000 });
    expect(exchange.status).toBe(status.OK);
  };

  it('a GET is answered, and the stream is finished', async () => {
    await serve();
    const exchange = open();
    exchange.write(get());
    await ended(exchange);
    expect(exchange.replies).toHaveLength(1);
    const [set] = exchange.replies[0]?.request_headers?.response?.header_mutation?.set_headers ?? [];
    expect(set?.append_action).toBe('OVERWRITE_IF_EXISTS_OR_ADD');
    expect(set?.header?.raw_value?.toString().split(',')[0]).toBe(
      podIn(exchange.replies[0] as ProcessingResponse__Output),
    );
    expect(baton.metrics.streamsEnded.of('left')).toBe(1);
  });

  it.each([
    ['in one piece', [300]],
    ['in many', [1, 20_000, 300, 65_536, 0, 7]],
    ['with an empty last piece', [300, 0]],
    ['of nothing', [0]],
    ['of 200 KB in one message', [200_000]],
    ['of 3 MB in messages of 300 KB', Array.from({ length: 10 }, () => 300_000)],
  ])('a POST %s comes back behind the answer to its headers', async (_what, sizes) => {
    await serve();
    const exchange = open();
    exchange.write(headersMessage(post, { protocol_config }));
    const parts = sizes.map(random);
    for (const [nth, part] of parts.entries()) exchange.write(requestBody(part, nth === parts.length - 1));
    await ended(exchange);
    expect(podIn(exchange.replies[0] as ProcessingResponse__Output)).toMatch(/^10\.0\.0\./);
    expectWhole(exchange.replies, 'request_body', Buffer.concat(parts));
  });

  it('a body that ends with trailers comes back, then the trailers are answered', async () => {
    await serve();
    const exchange = open();
    exchange.write(headersMessage(post, { protocol_config }));
    exchange.write(requestBody(random(300), false));
    exchange.write({ request_trailers: {} });
    await ended(exchange);
    expect(exchange.replies).toHaveLength(3);
    expect(pieces(exchange.replies, 'request_body')).toEqual([{ body: random(300) }]);
    expect(exchange.replies[2]?.request_trailers).toBeTruthy();
  });

  it.each([
    ['in front', (model: string) => `{"model":"${model}","messages":["${'x'.repeat(90_000)}"]}`],
    ['at its end', (model: string) => `{"messages":["${'x'.repeat(90_000)}"],"model":"${model}"}`],
  ])('the answer to the headers waits for the model %s', async (_where, bodyOf) => {
    await serve({}, { ready: twoModels });
    for (const [model, pod] of [
      ['a', '10.0.0.1:8000'],
      ['b', '10.0.0.2:8000'],
    ] as const) {
      const exchange = open();
      const body = Buffer.from(bodyOf(model));
      exchange.write(headersMessage(post, { protocol_config }));
      exchange.write(requestBody(body.subarray(0, 40_000), false));
      exchange.write(requestBody(body.subarray(40_000), false));
      exchange.write(requestBody(Buffer.alloc(0), true));
      await ended(exchange);
      expect(podIn(exchange.replies[0] as ProcessingResponse__Output)).toBe(pod);
      expectWhole(exchange.replies, 'request_body', body);
    }
  });

  it('it waits no longer than the model takes', async () => {
    await serve({}, { ready: twoModels });
    const exchange = open();
    exchange.write(headersMessage(post, { protocol_config }));
    const reply = await exchange.send(requestBody(Buffer.from('{"model":"b",'), false));
    expect(podIn(reply)).toBe('10.0.0.2:8000');
    exchange.write(requestBody(Buffer.from('"x":1}'), true));
    await ended(exchange);
    expectWhole(exchange.replies, 'request_body', Buffer.from('{"model":"b","x":1}'));
  });

  it('a body that ends with trailers before it shows a model is decided on then', async () => {
    await serve({}, { ready: twoModels });
    const exchange = open();
    exchange.write(headersMessage(post, { protocol_config }));
    exchange.write(requestBody(Buffer.from('{}'), false));
    exchange.write({ request_trailers: {} });
    await ended(exchange);
    expect(exchange.replies.map((reply) => reply.response)).toEqual([
      'request_headers',
      'request_body',
      'request_trailers',
    ]);
  });

  it('keeps no more of waiting bodies than it may: then it answers what it says without a model', async () => {
    await serve({ heldBytes: 100_000 }, { ready: twoModels });
    const exchange = open();
    exchange.write(headersMessage(post, { protocol_config }));
    const { immediate_response: answer } = await exchange.send(
      requestBody(Buffer.from(`{"messages":["${'x'.repeat(120_000)}`), false),
    );
    exchange.abort();
    await until(() => baton.exchanges.open === 0, { what: 'the end of the exchange' });
    const { body } = answer ?? {};
    expect(JSON.parse(String(body)).error.code).toBe('model_not_read');
  });

  it('behind an immediate response nothing follows', async () => {
    await serve({}, { ready: [] });
    const exchange = open();
    exchange.write(headersMessage(post, { protocol_config }));
    exchange.write(requestBody(random(300), false));
    exchange.write(requestBody(random(300), true));
    await ended(exchange);
    expect(exchange.replies).toHaveLength(1);
    expect(exchange.replies[0]?.immediate_response?.status?.code).toBe('ServiceUnavailable');
  });

  it('with responses: count, each part of the response comes back, and counts are exact', async () => {
    await serve({ responses: 'count' });
    const exchange = open();
    const pod = podIn(await exchange.send(get())) ?? '';
    expect(Object.fromEntries(baton.ledger.view())).toEqual({ [pod]: 1 });
    expect((await exchange.send({ response_headers: {} })).response_headers).toBeTruthy();
    const events = [random(100), random(70_000), random(3)];
    for (const event of events) exchange.write(responseBody(event, false));
    exchange.write(responseBody(Buffer.alloc(0), true));
    await until(() => pieces(exchange.replies, 'response_body').some(({ isEnd }) => isEnd === true), {
      what: 'the end of the response',
    });
    expectWhole(exchange.replies, 'response_body', Buffer.concat(events));
    // Bytes may be on their way, so a drain must not end it.
    expect(baton.exchanges.halfCloseAll()).toBe(0);
    expect(exchange.isOver).toBe(false);
    expect(Object.fromEntries(baton.ledger.view())).toEqual({ [pod]: 1 });
    await exchange.end();
  });

  it('a response that begins before the request has ended comes back as a whole', async () => {
    await serve();
    const exchange = open();
    await exchange.send(headersMessage(post, { protocol_config }));
    await exchange.send({ response_headers: {} });
    exchange.write(responseBody(random(1000), false));
    exchange.write(requestBody(random(10), true));
    exchange.write(responseBody(random(500), true));
    await until(() => pieces(exchange.replies, 'response_body').length === 2, { what: 'the response' });
    expectWhole(exchange.replies, 'request_body', random(10));
    await exchange.end();
  });

  it('a stream that is kept where responses do not run through Baton may be half-closed', async () => {
    await serve();
    const exchange = open();
    const config = { request_body_mode: 'FULL_DUPLEX_STREAMED' } as const;
    await exchange.send(headersMessage(post, { protocol_config: config }));
    expect(baton.exchanges.halfCloseAll()).toBe(0);
    await exchange.send(requestBody(random(10), true));
    expect(baton.ledger.view().size).toBe(1);
    expect(baton.exchanges.halfCloseAll()).toBe(1);
    await ended(exchange);
  });

  it('a proxy that announces nothing speaks it where the setting says so', async () => {
    await serve({ isAssumed: true });
    const exchange = open();
    exchange.write(headersMessage(post));
    exchange.write(requestBody(random(300), true));
    await ended(exchange);
    expectWhole(exchange.replies, 'request_body', random(300));
  });

  it('an exchange that ends early leaves nothing behind', async () => {
    await serve({}, { ready: twoModels });
    const [waiting, uploading] = [open(), open()];
    waiting.write(headersMessage(post, { protocol_config }));
    waiting.write(requestBody(Buffer.from('{"messages":['), false));
    await uploading.send(headersMessage({ ...post, 'x-model': 'a' }, { protocol_config }));
    expect(baton.ledger.view().size).toBe(1);
    waiting.abort();
    uploading.abort();
    await until(() => baton.exchanges.open === 0, { what: 'the end of the exchanges' });
  });

  it('a request whose stream was finished counts for a time', async () => {
    await serve({ left: new LeftRequests(10_000, clock) });
    const pods = [];
    for (const nth of [0, 1]) {
      const exchange = open();
      exchange.write(get());
      await ended(exchange);
      pods.push(podIn(exchange.replies[0] as ProcessingResponse__Output));
      expect(baton.exchanges.assumed).toBe(nth + 1);
      clock.advance(4000);
    }
    expect(Object.fromEntries(baton.ledger.view())).toEqual(Object.fromEntries(pods.map((pod) => [pod, 1])));
    expect(baton.exchanges.reserved()).toEqual(baton.ledger.view());
    clock.advance(2000);
    expect([...baton.ledger.view().keys()]).toEqual([pods[1]]);
    baton.exchanges.halfCloseAll();
    expect(baton.ledger.view().size).toBe(0);
  });

  it('is held up by a gateway that does not read, and goes on when it does', async () => {
    await serve();
    const exchange = open();
    await exchange.send(headersMessage(post, { protocol_config }));
    exchange.pause();
    const total = 400;
    for (let nth = 0; nth < total; nth += 1) exchange.write(requestBody(random(60_000), nth === total - 1));
    const other = open();
    other.write(get());
    await ended(other);
    exchange.resume();
    await ended(exchange);
    const back = pieces(exchange.replies, 'request_body');
    expect(back.reduce((sum, { body }) => sum + body.length, 0)).toBe(total * 60_000);
  }, 60_000);
});
