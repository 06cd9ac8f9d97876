import { credentials } from '@grpc/grpc-js';
import type { OverrideOutcome } from '../../../src/extproc/metrics.ts';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { ProtocolConfiguration } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProtocolConfiguration.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { until } from '../../../tools/testbed/until.ts';
import { endpoint } from '../../support/endpoints.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { headersMessage, ProxyExchange, podIn } from '../../support/proxyExchange.ts';
import { SchedulingServer, type SchedulingServerOptions } from '../../support/schedulingServer.ts';

/** Gateways that buffer or stream bodies by themselves are asked to send none. */
checkForLeaks();

const buffered = { request_body_mode: 'BUFFERED' } as const;
const streamed = { request_body_mode: 'STREAMED', response_body_mode: 'STREAMED' } as const;
const responses = { response_body_mode: 'STREAMED' } as const;
const duplex = {
  request_body_mode: 'FULL_DUPLEX_STREAMED',
  response_body_mode: 'FULL_DUPLEX_STREAMED',
} as const;
const post = { ':method': 'POST', ':path': '/v1/chat/completions', 'content-type': 'application/json' };
const ownMode = {
  request_header_mode: 'SEND',
  request_body_mode: 'NONE',
  request_trailer_mode: 'SKIP',
  response_header_mode: 'SKIP',
  response_body_mode: 'NONE',
  response_trailer_mode: 'SEND',
};
const twoModels = ['a', 'b'].map((model, nth) => ({
  ...endpoint(`10.0.0.${nth + 1}:8000`),
  models: [model],
}));

describe.each(['builtin', 'grpc-js'] as const)('mode_override over %s', (kind) => {
  let baton: SchedulingServer;
  let client: InstanceType<typeof ExternalProcessor>;
  let logged: unknown[];

  const serve = async (options: SchedulingServerOptions = {}): Promise<void> => {
    logged = [];
    const log: Log = {
      debug() {},
      info: ({ event }) => void logged.push(event),
      warn: ({ event }) => void logged.push(event),
      error() {},
    };
    baton = await new SchedulingServer(kind, { log, ...options }).listen();
    client = new ExternalProcessor(baton.address, credentials.createInsecure());
  };
  afterEach(async () => {
    client.close();
    await baton.server.close(500);
    expect(baton.unexpected).toEqual([]);
    expect(baton.ledger.view().size).toBe(0);
  });
  const begin = async (protocol_config: ProtocolConfiguration, headers: Record<string, string> = post) => {
    const exchange = new ProxyExchange(client);
    const reply = await exchange.send(headersMessage(headers, { protocol_config }));
    return { exchange, reply };
  };
  const count = (outcome: OverrideOutcome): number => baton.metrics.modeOverrides.of(outcome);

  it.each([
    ['buffers requests', buffered],
    ['streams bodies', streamed],
    ['streams responses', responses],
  ])('is asked of a gateway that %s, and counted as honoured when nothing comes', async (_what, config) => {
    await serve();
    for (const _nth of [0, 1]) {
      const { exchange, reply } = await begin(config);
      expect(podIn(reply)).toMatch(/^10\.0\.0\./);
      expect(reply.mode_override).toEqual(ownMode);
      expect(baton.ledger.view().size).toBe(1);
      await exchange.end();
    }
    expect(count('honoured')).toBe(2);
    expect(count('ignored')).toBe(0);
    expect(logged).toEqual(['mode-override.honoured']);
  });

  it.each([
    ['the body of a request', buffered, { request_body: { body: Buffer.from('{}'), end_of_stream: true } }],
    ['the headers of a response', streamed, { response_headers: {} }],
    ['a part of a response', responses, { response_body: { body: Buffer.from('x') } }],
  ])('is noticed as ignored by %s, once in the log', async (_what, config, message) => {
    await serve();
    for (const _nth of [0, 1]) {
      const { exchange } = await begin(config);
      const reply = await exchange.send(message);
      expect(Object.keys(message)).toContain(reply.response);
      await exchange.end();
    }
    expect(count('ignored')).toBe(2);
    expect(count('honoured')).toBe(0);
    expect(logged).toEqual(['mode-override.ignored']);
  });

  it('ignored requests are not taken for honoured ones, until many in a row show nothing', async () => {
    await serve();
    const ignored = await begin(buffered);
    await ignored.exchange.send({ response_headers: {} });
    await ignored.exchange.end();
    for (let nth = 1; nth <= 20; nth += 1) {
      expect([nth, count('honoured')]).toEqual([nth, 0]);
      const { exchange } = await begin(buffered);
      if (nth % 2 === 0) await exchange.end();
      else {
        exchange.abort();
        await until(() => baton.exchanges.open === 0, { what: 'the end of the exchange' });
      }
    }
    await until(() => count('honoured') === 1, { what: 'the change' });
    expect(logged).toEqual(['mode-override.ignored', 'mode-override.honoured']);
  });

  it('is not asked where nothing comes anyway, nor in full duplex, where Envoy ignores it', async () => {
    await serve();
    for (const config of [{}, duplex]) {
      const { exchange, reply } = await begin(config, { ':method': 'GET', ':path': '/' });
      expect(reply.mode_override ?? null).toBeNull();
      exchange.abort();
      await until(() => baton.exchanges.open === 0, { what: 'the end of the exchange' });
    }
    expect(logged).toEqual([]);
  });

  it('a gateway that streams bodies is asked for one that decides once it was seen to obey', async () => {
    await serve({ ready: twoModels });
    const first = await begin(streamed);
    expect(first.reply.mode_override?.request_body_mode).toBe('NONE');
    await first.exchange.end();
    const second = await begin(streamed);
    expect(second.reply.mode_override?.request_body_mode).toBe('BUFFERED_PARTIAL');
    const body = Buffer.from('{"model":"b"}');
    const reply = await second.exchange.send({ request_body: { body, end_of_stream: true } });
    expect(podIn(reply)).toBe('10.0.0.2:8000');
    await second.exchange.end();
    expect(count('honoured')).toBe(2);
  });

  (kind === 'builtin' ? it : it.skip)(
    'a body of any length that no decision needs is taken, and none of it kept',
    async () => {
      await serve({ maxMessageBytes: 65_536 });
      const { exchange } = await begin(buffered);
      const reply = await exchange.send({
        request_body: { body: Buffer.alloc(2_000_000), end_of_stream: true },
      });
      expect(reply.response).toBe('request_body');
      expect(count('ignored')).toBe(1);
      await exchange.end();
    },
  );
});
