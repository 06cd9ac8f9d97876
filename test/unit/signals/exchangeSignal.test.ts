import { ExchangeSignal } from '../../../src/signals/exchangeSignal.ts';
import type { ResponseVerdict } from '../../../src/signals/failure.ts';
import type { ResponseWatch } from '../../../src/signals/responseWatch.ts';

const signal = (watch: ResponseWatch, expectsContent = true) =>
  Object.assign(new ExchangeSignal('10.0.0.1:80', 0, watch, false), { expectsContent });
const nameOf = (verdict: ResponseVerdict | undefined) =>
  verdict?.kind === 'failure' ? verdict.failure : verdict?.kind;

describe('the status of a response', () => {
  it.each([
    [200, 'good'],
    [302, 'good'],
    [500, 'server-error'],
    [503, 'server-error'],
    [429, 'overloaded'],
    [404, 'not-found'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    // A client's own mistakes.
    [400, 'neutral'],
    [408, 'neutral'],
    [413, 'neutral'],
    [422, 'neutral'],
  ])('%d is %s', (status, expected) => {
    expect(nameOf(signal('headers').onHeaders(status, undefined, false))).toBe(expected);
  });

  it.each([
    ['a POST that gets 200', true, 200, 'empty'],
    ['a POST that gets 204', true, 204, 'neutral'],
    ['a POST that gets 304', true, 304, 'neutral'],
    ['HEAD, OPTIONS or a GET of a health page that gets 200', false, 200, 'neutral'],
    ['a HEAD that gets 204', false, 204, 'neutral'],
    ['a HEAD that gets 500', false, 500, 'server-error'],
  ])('without a body, %s', (_, expectsContent, status, expected) => {
    for (const watch of ['headers', 'body'] as const)
      expect(nameOf(signal(watch, expectsContent).onHeaders(status, undefined, true))).toBe(expected);
  });

  it('says nothing where Envoy does not send it', () => {
    expect(nameOf(signal('headers').onHeaders(undefined, undefined, false))).toBe('neutral');
  });
});

describe('the body of a response', () => {
  function judge(parts: readonly string[], { ends = true, isPastEarly = false } = {}): string | undefined {
    const one = signal('body');
    let verdict = one.onHeaders(200, undefined, false);
    for (const [index, part] of parts.entries()) {
      verdict ??= one.onBody(Buffer.from(part), ends && index === parts.length - 1, isPastEarly);
    }
    return one.isIncomplete && verdict === undefined ? 'incomplete' : nameOf(verdict);
  }

  it.each([
    ['a whole answer', ['{"choices":[{"text":"yes"}]}'], 'good'],
    ['a short answer', ['ok'], 'good'],
    ['a stream', ['data: {"choices":[]}\n\n', 'data: [DONE]\n\n', ''], 'good'],
    ['nothing', [''], 'empty'],
    ['the end mark alone', ['data: [DONE]\n\n', ''], 'empty'],
    ['an error event', ['data: {"error": {"message":"CUDA"}}\n\n'], 'error-event'],
    ['an error event later', ['data: {"choices":[]}\n\n', 'event: error\ndata: {}\n\n'], 'error-event'],
    ['an error event in two parts', ['data: {"choices":[]}\n\ndata: {"er', 'ror":{}}\n\n'], 'error-event'],
    [
      'an error event about the request',
      ['data: {"error": {"message":"too long","code":400}}\n\n'],
      'neutral',
    ],
    ['one with a type', ['event: error\ndata: {"type":"invalid_request_error"}\n\n'], 'neutral'],
    ['a 500 in an event', ['data: {"error": {"message":"code 400","code":500}}\n\n'], 'error-event'],
    ['a field error without an error', ['data: {"error":null,"choices":[]}\n\n'], 'good'],
    ['a text about errors', ['data: {"text":"data: {\\"error\\":{}}"}\n\n'], 'good'],
  ])('%s is %s', (_, parts, expected) => {
    expect(judge(parts)).toBe(expected);
  });

  it('may be empty where the request asks for no content', () => {
    const one = signal('body', false);
    one.onHeaders(200, undefined, false);
    expect(nameOf(one.onBody(Buffer.alloc(0), true, false))).toBe('neutral');
  });

  it('is incomplete without its end', () => {
    expect(judge(['data: {"choices":[]}\n\n'], { ends: false })).toBe('incomplete');
    expect(judge([], { ends: false })).toBe('incomplete');
  });

  it('tells a late error event from one that fails fast', () => {
    expect(judge(['event: error\ndata: {}\n\n'], { isPastEarly: true })).toBe('error-late');
  });

  it('is complete with trailers, also when it is empty', () => {
    const one = signal('body');
    one.onHeaders(200, undefined, false);
    expect(nameOf(one.onTrailers())).toBe('good');
    expect(one.isIncomplete).toBe(false);
  });
});
