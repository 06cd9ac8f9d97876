import { credentials } from '@grpc/grpc-js';
import type { BodyOutcome } from '../../../src/extproc/metrics.ts';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { ProcessingRequest } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import { until } from '../../../tools/testbed/until.ts';
import { endpoint, endpoints } from '../../support/endpoints.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { headersMessage, ProxyExchange, podIn } from '../../support/proxyExchange.ts';
import { SchedulingServer, type SchedulingServerOptions } from '../../support/schedulingServer.ts';

/** The model of a request is in its body, and the pods serve different ones. */
checkForLeaks();

const podOf = (model: string, nth: number) => ({ ...endpoint(`10.0.0.${nth}:8000`), models: [model] });
const twoModels = [podOf('a', 1), podOf('a', 2), podOf('b', 3), podOf('b', 4)];
const podsOfB = ['10.0.0.3:8000', '10.0.0.4:8000'];

const inference = {
  ':method': 'POST',
  ':path': '/v1/chat/completions',
  'content-type': 'application/json',
};

const chat = (model: string, contentBytes = 10): Buffer =>
  Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(contentBytes) }], model }));

const body = (bytes: Buffer, isEnd = true): ProcessingRequest => ({
  request_body: { body: bytes, end_of_stream: isEnd },
});

describe.each(['builtin', 'grpc-js'] as const)('bodies on demand: over %s', (kind) => {
  let baton: SchedulingServer;
  let client: InstanceType<typeof ExternalProcessor>;

  const serve = async (options: SchedulingServerOptions = {}): Promise<void> => {
    baton = await new SchedulingServer(kind, { ready: twoModels, ...options }).listen();
    client = new ExternalProcessor(baton.address, credentials.createInsecure());
  };
  afterEach(async () => {
    client.close();
    await baton.server.close(500);
    expect(baton.unexpected).toEqual([]);
    expect(baton.exchanges.open).toBe(0);
    expect(baton.ledger.view().size).toBe(0);
  });

  const open = (): ProxyExchange => new ProxyExchange(client);
  const count = (outcome: BodyOutcome): number => baton.metrics.requestBodies.of(outcome);
  /** A first exchange shows that bodies come. */
  const showThatBodiesCome = async (): Promise<void> => {
    const exchange = open();
    await exchange.send(headersMessage(inference));
    await exchange.send(body(chat('a')));
    await exchange.end();
  };

  it.each([
    ['a known length', { 'content-length': '5000' }, 'BUFFERED'],
    ['the largest that Envoy must buffer', { 'content-length': '1048576' }, 'BUFFERED'],
    ['a larger one', { 'content-length': '1048577' }, 'BUFFERED_PARTIAL'],
    ['an unknown length', {}, 'BUFFERED_PARTIAL'],
    ['a length that is none', { 'content-length': 'x' }, 'BUFFERED_PARTIAL'],
  ])(
    'with %s, the reply to the headers is a whole decision that asks for the body',
    async (_what, more, mode) => {
      await serve();
      const exchange = open();
      const reply = await exchange.send(headersMessage({ ...inference, ...more }));
      expect(podIn(reply)).toMatch(/^10\.0\.0\.[1-4]:8000$/);
      expect(reply.mode_override).toEqual({
        request_header_mode: 'SEND',
        request_body_mode: mode,
        request_trailer_mode: 'SKIP',
        response_header_mode: 'SKIP',
        response_body_mode: 'NONE',
        response_trailer_mode: 'SEND',
      });
      await exchange.end();
    },
  );

  it.each([
    ['GET', headersMessage({ ...inference, ':method': 'GET' })],
    ['a path that is none of inference', headersMessage({ ...inference, ':path': '/v1/files' })],
    ['a body that is a form', headersMessage({ ...inference, ':path': '/v1/audio/transcriptions' })],
    ['a body that is no JSON', headersMessage({ ...inference, 'content-type': 'text/plain' })],
    ['no content type', headersMessage({ ':method': 'POST', ':path': '/v1/completions' })],
    ['a compressed body', headersMessage({ ...inference, 'content-encoding': 'gzip' })],
    ['an empty body', headersMessage({ ...inference, 'content-length': '0' })],
    ['headers that are not forwarded', headersMessage({})],
    ['a model in a header', headersMessage({ ...inference, 'x-model': 'b' })],
  ])('asks for none: %s', async (_what, message) => {
    await serve();
    const exchange = open();
    const reply = await exchange.send(message);
    expect(reply.mode_override ?? null).toBeNull();
    expect(baton.ledger.view().size).toBe(1);
    await exchange.end();
  });

  describe('and a policy that reads prompts', () => {
    const long = { ...inference, 'content-length': '5000' };
    const conversation = (nth: number, turns: number): Buffer => {
      const message = (turn: number) => ({ role: 'user', content: `${nth} ${turn} ${'word '.repeat(300)}` });
      return Buffer.from(
        JSON.stringify({ model: 'm', messages: Array.from({ length: turns }, (_, n) => message(n)) }),
      );
    };

    it.each([true, false])(
      'sends a conversation where its turns before went (in one piece: %s)',
      async (isWhole) => {
        await serve({ ready: endpoints(5), policy: 'prefix' });
        const podsOf = new Map<number, Set<string | undefined>>();
        for (let turn = 1; turn <= 4; turn += 1) {
          for (let nth = 0; nth < 10; nth += 1) {
            const exchange = open();
            expect((await exchange.send(headersMessage(long))).mode_override?.request_body_mode).toBe(
              'BUFFERED',
            );
            // What Envoy does not buffer does not come.
            const bytes = conversation(nth, turn);
            const reply = await exchange.send(isWhole ? body(bytes) : body(bytes.subarray(0, -10), false));
            podsOf.set(nth, (podsOf.get(nth) ?? new Set()).add(podIn(reply)));
            await exchange.end();
          }
        }
        expect([...podsOf.values()].map((used) => used.size)).toEqual(Array(10).fill(1));
        expect(new Set([...podsOf.values()].flatMap((used) => [...used])).size).toBeGreaterThan(1);
      },
    );

    it.each([
      ['a short body', { 'content-length': '1023' }, 5],
      ['a single pod', {}, 1],
    ])('asks for none with %s', async (_what, more, count) => {
      await serve({ ready: endpoints(count), policy: 'prefix' });
      const exchange = open();
      expect((await exchange.send(headersMessage({ ...long, ...more }))).mode_override).toBeUndefined();
      await exchange.end();
    });
  });

  it('asks for none where all pods serve the same models', async () => {
    await serve({ ready: twoModels.slice(0, 2) });
    const exchange = open();
    expect((await exchange.send(headersMessage(inference))).mode_override ?? null).toBeNull();
    await exchange.end();
  });

  it('asks for none where no pod can be chosen anyway', async () => {
    await serve({ ready: [] });
    const exchange = open();
    const reply = await exchange.send(headersMessage(inference));
    expect(reply.immediate_response?.status?.code).toBe('ServiceUnavailable');
    await exchange.end();
  });

  it('the reply to the body names a pod of its model, in header and metadata, and reserves it', async () => {
    await serve();
    await showThatBodiesCome();
    for (let nth = 0; nth < 20; nth += 1) {
      const exchange = open();
      await exchange.send(headersMessage(inference));
      expect(baton.ledger.view().size).toBe(0);
      const reply = await exchange.send(body(chat('b')));
      const pod = podIn(reply) ?? '';
      expect(podsOfB).toContain(pod);
      const [set] = reply.request_body?.response?.header_mutation?.set_headers ?? [];
      expect(set?.header?.key).toBe('x-gateway-destination-endpoint');
      expect(set?.header?.raw_value?.toString().split(',')[0]).toBe(pod);
      expect(Object.fromEntries(baton.ledger.view())).toEqual({ [pod]: 1 });
      await exchange.end();
    }
    expect(count('whole')).toBe(21);
  });

  it('asks for a body that may name the session, unless a header does', async () => {
    const session = { headers: ['x-session-id'], cookie: undefined, bodyFields: ['user', 'metadata.s'] };
    await serve({
      ready: endpoints(9),
      policy: 'session-affinity',
      reads: { session, asksForSession: true },
    });
    const podOf = async (values: object, named: object): Promise<string | undefined> => {
      const exchange = open();
      const first = await exchange.send(headersMessage({ ...inference, ...values }));
      const isAsked = (first.mode_override ?? null) !== null;
      const reply = isAsked ? await exchange.send(body(Buffer.from(JSON.stringify(named)))) : first;
      expect(isAsked).toBe(!('x-session-id' in values));
      await exchange.end();
      return podIn(reply);
    };
    const pods = new Set<string | undefined>();
    for (const name of ['anna', 'ben', 'carla', 'dora']) {
      const pod = await podOf({ 'x-session-id': name }, {});
      expect(await podOf({}, { messages: [], user: name })).toBe(pod);
      expect(await podOf({}, { user: 1, metadata: { s: name } })).toBe(pod);
      pods.add(pod);
    }
    expect(pods.size).toBeGreaterThan(1);
    expect(count('whole')).toBe(8);
  });

  it('takes the body that a gateway buffers by itself', async () => {
    await serve();
    const exchange = open();
    const config = { request_body_mode: 'BUFFERED' } as const;
    const reply = await exchange.send(headersMessage(inference, { protocol_config: config }));
    expect(reply.mode_override?.request_body_mode).toBe('BUFFERED_PARTIAL');
    // It sends the whole in any case; the count need not be made before.
    expect(baton.ledger.view().size).toBe(0);
    expect(podsOfB).toContain(podIn(await exchange.send(body(chat('b')))));
    await exchange.end();
  });

  it.each([
    ['another model', chat('c'), 'NotFound', 'model_not_found'],
    ['a part that does not show the model', chat('a', 1000).subarray(0, 500), 'BadRequest', 'model_not_read'],
  ])('answers itself: %s', async (_what, bytes, status, code) => {
    await serve();
    const exchange = open();
    await exchange.send(headersMessage(inference));
    const { immediate_response: answer } = await exchange.send(body(bytes, code !== 'model_not_read'));
    expect(answer?.status?.code).toBe(status);
    expect(JSON.parse(answer?.body?.toString() ?? '').error.code).toBe(code);
    expect(baton.ledger.view().size).toBe(0);
    await exchange.end();
  });

  it.each([
    ['no model', Buffer.from('{"messages":[]}'), 'whole'],
    ['no JSON', Buffer.from('messages=1'), 'invalid'],
    ['half an object', Buffer.from('{"messages":['), 'invalid'],
    ['nothing', Buffer.alloc(0), 'invalid'],
  ] as const)('leaves it to the pod: %s', async (_what, bytes, outcome) => {
    await serve();
    const exchange = open();
    await exchange.send(headersMessage(inference));
    expect(podIn(await exchange.send(body(bytes)))).toMatch(/^10\.0\.0\.[1-4]:8000$/);
    expect(baton.ledger.view().size).toBe(1);
    expect(count(outcome)).toBe(1);
    await exchange.end();
  });

  it('reads the model in front of a part, and what is behind it', async () => {
    await serve();
    const exchange = open();
    await exchange.send(headersMessage(inference));
    const bytes = Buffer.from(`{"model":"b","messages":["${'x'.repeat(100)}`);
    expect(podsOfB).toContain(podIn(await exchange.send(body(bytes, false))));
    expect(count('part')).toBe(1);
    await exchange.end();
  });

  it('counts at once until a body has come: Envoy may not be allowed to send any', async () => {
    await serve();
    const [first, second] = [open(), open()];
    const pod = podIn(await first.send(headersMessage(inference))) ?? '';
    expect(Object.fromEntries(baton.ledger.view())).toEqual({ [pod]: 1 });
    // The exchange goes on without the body.
    expect((await first.send({ response_trailers: {} })).response_trailers ?? null).not.toBeNull();
    expect(Object.fromEntries(baton.ledger.view())).toEqual({ [pod]: 1 });
    await first.end();
    expect(baton.ledger.view().size).toBe(0);

    await showThatBodiesCome();
    await second.send(headersMessage(inference));
    expect(baton.ledger.view().size).toBe(0);
    await second.end();
    expect(count('missing')).toBe(2);
  });

  it('counts a response that comes without the body', async () => {
    await serve();
    await showThatBodiesCome();
    const exchange = open();
    const pod = podIn(await exchange.send(headersMessage(inference))) ?? '';
    await exchange.send({ response_headers: { headers: { headers: [] } } });
    expect(Object.fromEntries(baton.ledger.view())).toEqual({ [pod]: 1 });
    await exchange.end();
  });

  it('keeps no count of uploads that end', async () => {
    await serve();
    await showThatBodiesCome();
    const exchanges = Array.from({ length: 50 }, open);
    await Promise.all(exchanges.map((exchange) => exchange.send(headersMessage(inference))));
    expect(baton.ledger.view().size).toBe(0);
    for (const exchange of exchanges) exchange.abort();
    await until(() => baton.exchanges.open === 0, { what: 'the end of the exchanges' });
    expect(count('missing')).toBe(50);
  });

  it('a drain reserves the first decision, and half-closes', async () => {
    await serve();
    await showThatBodiesCome();
    const exchange = open();
    const pod = podIn(await exchange.send(headersMessage(inference))) ?? '';
    baton.exchanges.settleAll();
    expect(Object.fromEntries(baton.ledger.view())).toEqual({ [pod]: 1 });
    expect(Object.fromEntries(baton.exchanges.reserved())).toEqual({ [pod]: 1 });
    expect(baton.exchanges.halfCloseAll()).toBe(1);
    await until(() => exchange.isOver, { what: 'the half-close' });
    await exchange.end();
  });
});

describe('a body in many pieces', () => {
  let baton: SchedulingServer;
  let client: InstanceType<typeof ExternalProcessor>;

  beforeAll(async () => {
    baton = await new SchedulingServer('builtin', { ready: twoModels, maxMessageBytes: 100_000 }).listen();
    client = new ExternalProcessor(baton.address, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
    });
  });
  afterAll(async () => {
    client.close();
    await baton.server.close(500);
    expect(baton.unexpected).toEqual([]);
    expect(baton.ledger.view().size).toBe(0);
  });

  it.each([16_000, 17_000, 99_000, 220_000, 3_000_000, 20_000_000])(
    'of %i bytes is read as it arrives, whatever the limit of messages',
    async (bytes) => {
      const exchange = new ProxyExchange(client);
      await exchange.send(headersMessage(inference));
      expect(podsOfB).toContain(podIn(await exchange.send(body(chat('b', bytes)))));
      await exchange.end();
    },
  );

  it('other messages keep their limit', async () => {
    const exchange = new ProxyExchange(client);
    await exchange.send(headersMessage(inference));
    exchange.write(headersMessage({ 'x-large': 'x'.repeat(200_000) }));
    await until(() => exchange.isOver, { what: 'the end of the stream' });
    const tooLarge = new ProxyExchange(client);
    tooLarge.write(body(chat('b', 200_000)));
    await until(() => tooLarge.isOver, { what: 'the end of the stream' });
  });
});
