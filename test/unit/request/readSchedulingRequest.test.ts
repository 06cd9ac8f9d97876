import { readSchedulingRequest } from '../../../src/request/readSchedulingRequest.ts';
import type { RequestSource } from '../../../src/request/requestSource.ts';

interface SourceContent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly subset?: string | readonly string[];
}

function sourceOf({ headers = {}, subset }: SourceContent): RequestSource {
  return {
    header: (name) => headers[name],
    metadataTexts: (namespace, key) =>
      namespace === 'envoy.lb.subset_hint' && key === 'x-gateway-destination-endpoint-subset'
        ? subset
        : undefined,
  };
}

describe('a scheduling request', () => {
  it.each<[string, SourceContent, object]>([
    ['nothing', {}, {}],
    ['the policy as given', { headers: { 'routing-strategy': 'Random ' } }, { policy: 'Random ' }],
    ['an empty policy', { headers: { 'routing-strategy': '' } }, { policy: '' }],
    ['the traceparent as given', { headers: { traceparent: '00-xyz' } }, { traceparent: '00-xyz' }],
    ['no destination of the client', { headers: { 'x-gateway-destination-endpoint': '10.0.0.1:1' } }, {}],
    [
      'a subset in one string',
      { subset: ' 10.0.0.1:80 ,, [2001:DB8::1]:8000' },
      { subset: ['10.0.0.1:80', '[2001:db8::1]:8000'] },
    ],
    ['a subset in a list', { subset: ['10.0.0.1:80', ''] }, { subset: ['10.0.0.1:80'] }],
    ['text that is no address', { subset: 'pod-a' }, { subset: ['pod-a'] }],
    ['an empty subset', { subset: [] }, { subset: [] }],
    [
      'all of them',
      { headers: { 'routing-strategy': 'random', traceparent: 't' }, subset: '10.0.0.1:80' },
      { policy: 'random', traceparent: 't', subset: ['10.0.0.1:80'] },
    ],
  ])('holds %s', (_what, content, expected) => {
    expect(readSchedulingRequest(sourceOf(content))).toEqual(expected);
  });

  it('is one shared object when it holds nothing', () => {
    expect(readSchedulingRequest(sourceOf({}))).toBe(readSchedulingRequest(sourceOf({})));
  });
});
