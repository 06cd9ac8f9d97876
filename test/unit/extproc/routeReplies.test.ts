import { RouteReplies } from '../../../src/extproc/routeReplies.ts';
import { externalProcessorService } from '../../../src/proto/services.ts';
import type { ResponseWatch } from '../../../src/signals/responseWatch.ts';
import { endpoints } from '../../support/endpoints.ts';

describe('the reply that names an endpoint', () => {
  const [endpoint, ...alternates] = endpoints(3);
  if (endpoint === undefined) throw new Error('there are no endpoints');
  const route = { kind: 'route', endpoint, alternates, policy: 'random', candidates: 3 } as const;
  const modeOf = (watch: ResponseWatch) =>
    externalProcessorService.Process.responseDeserialize(new RouteReplies([]).encode(route, watch))
      .mode_override;

  it('leaves the processing mode alone where no response is watched', () => {
    expect(modeOf('none') ?? null).toBeNull();
  });

  it.each([
    ['headers', {}],
    ['body', { response_body_mode: 'STREAMED' }],
  ] as const)(
    'requests the %s of the response, and the trailers that keep the stream open',
    (watch, more) => {
      expect(modeOf(watch)).toMatchObject({
        response_header_mode: 'SEND',
        response_trailer_mode: 'SEND',
        request_trailer_mode: 'SKIP',
        ...more,
      });
    },
  );
});
