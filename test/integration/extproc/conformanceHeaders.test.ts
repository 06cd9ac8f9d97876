import { credentials } from '@grpc/grpc-js';
import { fullDuplexRules } from '../../../src/extproc/fullDuplex/fullDuplexRules.ts';
import { ExternalProcessor } from '../../../src/proto/clients.ts';
import type { ProcessingResponse__Output } from '../../../src/proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { checkForLeaks } from '../../support/leakCheck.ts';
import { headersMessage, ProxyExchange, podIn } from '../../support/proxyExchange.ts';
import { SchedulingServer } from '../../support/schedulingServer.ts';

checkForLeaks();

const selection = 'test-epp-endpoint-selection';
const served = 'x-conformance-test-served-endpoint';

const headerIn = (reply: ProcessingResponse__Output, name: string): string | undefined => {
  const set = reply.response_headers?.response?.header_mutation?.set_headers ?? [];
  return set.find(({ header }) => header?.key === name)?.header?.raw_value?.toString();
};
const servedBy = (pod: string) => ({
  response_headers: {},
  metadata_context: {
    filter_metadata: {
      'envoy.lb': {
        fields: { 'x-gateway-destination-endpoint-served': { stringValue: pod } },
      },
    },
  },
});

describe.each(['builtin', 'grpc-js'] as const)('the headers of conformance tests over %s', (kind) => {
  let baton: SchedulingServer;
  let client: InstanceType<typeof ExternalProcessor>;

  const serve = async (isOn: boolean): Promise<void> => {
    baton = await new SchedulingServer(kind, {
      ...(isOn && { reads: { subset: selection }, echoesServed: true }),
      fullDuplex: fullDuplexRules(new FakeClock(), { responses: isOn ? 'count' : 'leave' }),
    }).listen();
    client = new ExternalProcessor(baton.address, credentials.createInsecure());
  };
  afterEach(async () => {
    client.close();
    await baton.server.close(500);
    expect(baton.ledger.view().size).toBe(0);
  });

  it.each([
    ['an address', '10.0.0.2:8000', '10.0.0.2:8000'],
    ['a bare IP', '10.0.0.3', '10.0.0.3:8000'],
    ['several', '10.9.9.9:1, 10.0.0.1:8000', '10.0.0.1:8000'],
  ])('a pod is chosen among those of the header: %s', async (_what, given, pod) => {
    await serve(true);
    for (let nth = 0; nth < 5; nth += 1) {
      const exchange = new ProxyExchange(client);
      const reply = await exchange.send(headersMessage({ [selection]: given }));
      expect(podIn(reply)).toBe(pod);
      expect(reply.mode_override?.response_header_mode).toBe('SEND');
      await exchange.end();
    }
  });

  it('one that names no pod is answered with 503', async () => {
    await serve(true);
    const exchange = new ProxyExchange(client);
    const reply = await exchange.send(headersMessage({ [selection]: '10.9.9.9:1' }));
    expect(reply.immediate_response?.status?.code).toBe('ServiceUnavailable');
    await exchange.end();
  });

  it.each([
    ['sends no bodies', {}],
    [
      'works in full duplex',
      {
        protocol_config: {
          request_body_mode: 'FULL_DUPLEX_STREAMED',
          response_body_mode: 'FULL_DUPLEX_STREAMED',
        },
      } as const,
    ],
  ])('the client of a gateway that %s learns which pod served', async (_what, more) => {
    await serve(true);
    const exchange = new ProxyExchange(client);
    const message = headersMessage({ [selection]: '10.0.0.2:8000' }, more);
    await exchange.send({ ...message, request_headers: { ...message.request_headers, end_of_stream: true } });
    expect(headerIn(await exchange.send(servedBy('10.0.0.3:8000')), served)).toBe('10.0.0.3:8000');
    await exchange.end();
  });

  it('neither is read or written where they are off', async () => {
    await serve(false);
    const pods = new Set<string | undefined>();
    for (let nth = 0; nth < 20; nth += 1) {
      const exchange = new ProxyExchange(client);
      pods.add(podIn(await exchange.send(headersMessage({ [selection]: '10.0.0.2:8000' }))));
      expect(headerIn(await exchange.send(servedBy('10.0.0.3:8000')), served)).toBeUndefined();
      await exchange.end();
    }
    expect(pods.size).toBeGreaterThan(1);
  });
});
