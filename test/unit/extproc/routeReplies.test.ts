import { type WantedBody, wantedParts } from '../../../src/extproc/modeOverride.ts';
import { RouteReplies } from '../../../src/extproc/routeReplies.ts';
import { externalProcessorService } from '../../../src/proto/services.ts';
import type { ResponseWatch } from '../../../src/signals/responseWatch.ts';
import { endpoints } from '../../support/endpoints.ts';

describe('the reply that names an endpoint', () => {
  const [endpoint, ...alternates] = endpoints(3);
  if (endpoint === undefined) throw new Error('there are no endpoints');
  const route = { kind: 'route', endpoint, alternates, policy: 'random', candidates: 3 } as const;
  const decode = (bytes: Buffer) => externalProcessorService.Process.responseDeserialize(bytes);
  const modeOf = (body: WantedBody, watch: ResponseWatch) =>
    decode(new RouteReplies().encode(route, wantedParts(body, watch))).mode_override;

  it('leaves the processing mode alone where nothing more is wanted', () => {
    expect(modeOf('none', 'none') ?? null).toBeNull();
  });

  const bodies = [
    ['none', 'NONE'],
    ['buffered', 'BUFFERED'],
    ['buffered-partial', 'BUFFERED_PARTIAL'],
  ] as const;
  const watches = [
    ['none', 'SKIP', 'NONE'],
    ['headers', 'SEND', 'NONE'],
    ['body', 'SEND', 'STREAMED'],
  ] as const;
  const wanted = bodies.flatMap(([body, requestBody]) =>
    watches.map((watch) => [body, requestBody, ...watch] as const),
  );
  it.each(wanted.slice(1))(
    'states every field of the mode (request body: %s, %s; response: %s, %s, %s)',
    (body, requestBody, watch, responseHeaders, responseBody) => {
      expect(modeOf(body, watch)).toEqual({
        request_header_mode: 'SEND',
        request_body_mode: requestBody,
        request_trailer_mode: 'SKIP',
        response_header_mode: responseHeaders,
        response_body_mode: responseBody,
        response_trailer_mode: 'SEND',
      });
    },
  );

  it.each([0, 1, 2])('names %i alternates where no more are allowed', (maxAlternates) => {
    const reply = decode(new RouteReplies({ maxAlternates }).encode(route));
    const [set] = reply.request_headers?.response?.header_mutation?.set_headers ?? [];
    const fields = reply.dynamic_metadata?.fields?.['envoy.lb']?.structValue?.fields;
    const named = [endpoint, ...alternates.slice(0, maxAlternates)].map(({ address }) => address).join();
    expect(set?.header?.raw_value?.toString()).toBe(named);
    expect(fields?.['x-gateway-destination-endpoint']?.stringValue).toBe(named);
  });

  it.each(['request_headers', 'request_body'] as const)(
    'has the route chosen again in answer to %s, where that is wanted',
    (repliesTo) => {
      const encode = (clearRouteCache: boolean) =>
        decode(new RouteReplies({ clearRouteCache }).encode(route, wantedParts('none', 'none'), repliesTo));
      expect(encode(true)[repliesTo]?.response?.clear_route_cache).toBe(true);
      expect(encode(false)[repliesTo]?.response?.clear_route_cache ?? false).toBe(false);
      const changed = encode(true)[repliesTo]?.response?.header_mutation;
      expect(changed).toEqual(encode(false)[repliesTo]?.response?.header_mutation);
    },
  );

  it('says the same in answer to the body, without an override', () => {
    const replies = new RouteReplies({ extraHeaders: ['target-pod'] });
    const toHeaders = decode(replies.encode(route));
    const toBody = decode(replies.encode(route, wantedParts('none', 'none'), 'request_body'));
    expect(toBody.request_body?.response).toEqual(toHeaders.request_headers?.response);
    expect(toBody.dynamic_metadata).toEqual(toHeaders.dynamic_metadata);
    expect([toBody.request_headers ?? null, toBody.mode_override ?? null]).toEqual([null, null]);
  });
});
