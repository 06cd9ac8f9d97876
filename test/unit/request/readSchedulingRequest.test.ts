import { readSchedulingRequest } from '../../../src/request/readSchedulingRequest.ts';
import { maxSubsetEntries } from '../../../src/request/readSubset.ts';
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
    ['the policy as given', { headers: { 'routing-strategy': 'Random ' } }, { policy: 'Random' }],
    ['no policy that is empty', { headers: { 'routing-strategy': '' } }, {}],
    ['no policy of spaces', { headers: { 'routing-strategy': '  ' } }, {}],
    ['no model and labels without configured headers', { headers: { 'x-model': 'a', filter: 'k=v' } }, {}],
    ['the traceparent as given', { headers: { traceparent: '00-xyz' } }, { traceparent: '00-xyz' }],
    ['no destination of the client', { headers: { 'x-gateway-destination-endpoint': '10.0.0.1:1' } }, {}],
    [
      'a subset in one string',
      { subset: ' 10.0.0.1:80 ,, [2001:DB8::1]:8000' },
      { subset: ['10.0.0.1:80', '[2001:DB8::1]:8000'] },
    ],
    [
      'a subset in a list of comma lists, each entry once',
      { subset: ['10.0.0.1:80, 10.0.0.2:80', '10.0.0.1:80'] },
      { subset: ['10.0.0.1:80', '10.0.0.2:80'] },
    ],
    ['a subset of bare IPs', { subset: '10.0.0.1' }, { subset: ['10.0.0.1'] }],
    ['a subset that was not read', { subset: 'too-large' }, { subset: 'too-large' }],
    [
      'no subset of more entries than are read',
      { subset: Array.from({ length: maxSubsetEntries + 1 }, (_, i) => `${i}`) },
      { subset: 'too-large' },
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

  it.each<[string, Record<string, string>, object]>([
    ['the model of the first header that has one', { 'x-b': 'b', 'x-a': ' a ' }, { model: 'a' }],
    ['the model of the next header', { 'x-a': '', 'x-b': 'b' }, { model: 'b' }],
    ['the labels as given', { 'external-filter': ' k=v,l=w ' }, { labels: 'k=v,l=w' }],
    ['the session of a header', { 'x-session-id': ' s 1', cookie: 'sid=c' }, { session: 's 1' }],
    ['the session of the cookie', { cookie: 'a=b; sid=c=d ; sid=e' }, { session: 'c=d' }],
    ['no session of a cookie with another name', { cookie: 'xsid=c; sid' }, {}],
    ['no session that is empty', { 'x-session-id': ' ', cookie: 'sid=' }, {}],
    ['the headers of extensions', { 'x-tenant': ' t', 'x-else': 'e' }, { headers: { 'x-tenant': ' t' } }],
    ['the id', { 'x-request-id': 'r1' }, { requestId: 'r1' }],
    ['that it is to be explained', { 'x-why': '1' }, { isExplained: true }],
    ['none of them', {}, {}],
  ])('holds %s', (_what, headers, expected) => {
    const configured = {
      models: ['x-a', 'x-b'],
      labels: 'external-filter',
      modelInBody: 'unread' as const,
      promptInBody: false,
      session: { headers: ['x-session-id'], cookie: 'sid', bodyFields: [] },
      asksForSession: false,
      id: 'x-request-id',
      explain: 'x-why',
      subset: undefined,
      others: ['x-tenant', 'x-tier'],
    };
    expect(readSchedulingRequest(sourceOf({ headers }), undefined, configured)).toEqual(expected);
  });

  it('is one shared object when it holds nothing', () => {
    expect(readSchedulingRequest(sourceOf({}))).toBe(readSchedulingRequest(sourceOf({})));
  });
});
