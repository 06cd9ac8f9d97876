import { bodyFormatOf, isJsonMediaType } from '../../../../src/request/body/bodyFormats.ts';

describe('the format of a body', () => {
  it.each([
    ['/v1/chat/completions', ['messages'], ['tools']],
    ['/v1/completions', ['prompt'], []],
    ['/v1/responses', ['input'], ['tools', 'instructions']],
    ['/v1/embeddings', ['messages', 'input'], ['tools']],
    ['/v1/messages', ['messages'], ['tools', 'system']],
    ['/v1/messages/count_tokens', ['messages'], ['tools', 'system']],
    ['/v1/rerank', [], []],
    ['/inference/v1/generate', ['token_ids'], []],
    ['/generate', ['text', 'input_ids', 'prompt'], []],
    ['/tokenize', ['messages', 'prompt'], ['tools']],
    ['/invocations', ['messages', 'prompt', 'input'], ['tools']],
  ])('sent to %s has its prompt and context', (path, prompt, context) => {
    expect(bodyFormatOf(path)).toMatchObject({ isRead: true, prompt, context });
  });

  it.each(['/v1/audio/transcriptions', '/v1/audio/translations', '/v1/audio/speech'])(
    'sent to %s is known by its path alone',
    (path) => {
      expect(bodyFormatOf(path)?.isRead).toBe(false);
    },
  );

  it.each([
    '',
    '/',
    'v1/chat/completions',
    '/v1/chat',
    '/v1/models',
    '/v1/chat/completions/',
    '/v1/responses/resp_1/cancel',
    '/v1/xcompletions',
    '/v1/CHAT/completions',
    '/health?path=/v1/chat/completions',
    '/health#/v1/chat/completions',
  ])('sent to %j is not known', (path) => {
    expect(bodyFormatOf(path)).toBeUndefined();
  });

  it.each([
    '/v1/chat/completions?api-version=1',
    '/team-a/v1/chat/completions',
    '/a/b/c/v1/chat/completions#x',
  ])('does not depend on a prefix or query: %s', (path) => {
    expect(bodyFormatOf(path)).toBe(bodyFormatOf('/v1/chat/completions'));
  });

  it('is that of the longest path', () => {
    expect(bodyFormatOf('/x/inference/v1/generate')).toBe(bodyFormatOf('/inference/v1/generate'));
    expect(bodyFormatOf('/x/generate')).toBe(bodyFormatOf('/generate'));
  });
});

describe('a content type', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=utf-8',
    ' application/json ',
    'application/vnd.api+json',
  ])('is JSON: %j', (type) => {
    expect(isJsonMediaType(type)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'text/json',
    'text/plain; x=application/json',
    'application/jsonl',
    'application/json-seq',
    'application/x-ndjson',
    'multipart/form-data; boundary=application/json',
    'application/octet-stream',
  ])('is not JSON: %j', (type) => {
    expect(isJsonMediaType(type)).toBe(false);
  });
});
