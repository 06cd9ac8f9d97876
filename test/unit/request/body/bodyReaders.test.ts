import { bodyFormatOf } from '../../../../src/request/body/bodyFormats.ts';
import { BodyScan } from '../../../../src/request/body/bodyScan.ts';
import { memberOf } from '../../../../src/request/body/memberOf.ts';
import { promptSpans } from '../../../../src/request/body/promptSpans.ts';
import { readCacheSalt } from '../../../../src/request/body/readCacheSalt.ts';
import { readMaxTokens } from '../../../../src/request/body/readMaxTokens.ts';
import { readModelFromBody } from '../../../../src/request/body/readModelFromBody.ts';
import { readStream } from '../../../../src/request/body/readStream.ts';
import { readUser } from '../../../../src/request/body/readUser.ts';
import { readSessionFromBody } from '../../../../src/request/body/sessionFields.ts';

function scanOf(text: string): BodyScan {
  const scan = new BodyScan();
  scan.add(Buffer.from(text));
  return scan;
}

function maxTokens(path: string, body: object): number | undefined {
  const format = bodyFormatOf(path);
  if (format === undefined) throw new Error(`${path} is not in the table`);
  return readMaxTokens(scanOf(JSON.stringify(body)), format);
}

/** The text of the prompt and of the context that a path's body has. */
function promptTexts(path: string, body: string): { prompt: string; context: string[] } | undefined {
  const format = bodyFormatOf(path);
  const spans = format && promptSpans(scanOf(body), format);
  return (
    spans && {
      prompt: body.slice(spans.prompt.start, spans.prompt.end),
      context: spans.context.map(({ start, end }) => body.slice(start, end)),
    }
  );
}

describe('the model', () => {
  it('is exactly what the client wrote', () => {
    expect(readModelFromBody(scanOf('{"model":" meta\\/llama \\ud83e\\udd8a:敏"}'))).toBe(
      ' meta/llama 🦊:敏',
    );
  });

  it.each(['""', 'null', '1', 'true', '["a"]', '{"a":"b"}'])('is absent when it is %s', (json) => {
    expect(readModelFromBody(scanOf(`{"model":${json}}`))).toBeUndefined();
  });

  it('is known while the rest of the body is still to come', () => {
    expect(readModelFromBody(scanOf('{"model":"a","messages":[{"role":"us'))).toBe('a');
    expect(readModelFromBody(scanOf('{"messages":[],"model":"a'))).toBeUndefined();
  });
});

describe('whether the response is streamed', () => {
  it.each([
    ['{"stream":true}', true],
    ['{"stream":false}', false],
    ['{"stream":null}', false],
    ['{"stream":"true"}', false],
    ['{}', false],
  ])('of %s is %s', (body, isStreamed) => {
    expect(readStream(scanOf(body))).toBe(isStreamed);
  });
});

describe('the user', () => {
  it.each([
    ['OpenAI', '{"user":"u-1","metadata":{"user_id":"m-1"}}', 'u-1'],
    ['Anthropic', '{"metadata":{"user_id":"m-1"}}', 'm-1'],
    ['an empty name', '{"user":"","metadata":{"user_id":""}}', undefined],
    ['another type', '{"user":1,"metadata":["user_id"]}', undefined],
    ['metadata that is null', '{"metadata":null}', undefined],
  ])('of %s', (_, body, user) => {
    expect(readUser(scanOf(body))).toBe(user);
  });

  it('is not a property that every object has', () => {
    expect(memberOf({}, 'toString')).toBeUndefined();
    expect(memberOf({ toString: 'a' }, 'toString')).toBe('a');
  });
});

describe('the session of a body', () => {
  it.each([
    ['{"user":"u","metadata":{"s":"m"}}', ['metadata.s', 'user'], 'm'],
    ['{"user":"u","metadata":{"s":1}}', ['metadata.s', 'user'], 'u'],
    ['{"prompt_cache_key":"k"}', ['user', 'prompt_cache_key'], 'k'],
    ['{"session_id":"s","user":"u"}', ['session_id'], 's'],
    ['{"metadata":{"a.b":"s"}}', ['metadata.a.b'], 's'],
    ['{"metadata":"s"}', ['metadata.s'], undefined],
    ['{"user":""}', ['user'], undefined],
    ['{"user":"u"}', [], undefined],
  ])('%s has by %j the session %s', (body, fields, session) => {
    expect(readSessionFromBody(scanOf(body), fields)).toBe(session);
  });
});

describe('the cache salt', () => {
  it.each([
    ['{"cache_salt":"s"}', 's'],
    ['{"cache_salt":["s","t"]}', undefined],
    ['{}', undefined],
  ])('of %s is %s', (body, salt) => {
    expect(readCacheSalt(scanOf(body))).toBe(salt);
  });
});

describe('the limit of generated tokens', () => {
  it.each([
    ['/v1/chat/completions', { max_tokens: 1 }, 1],
    ['/v1/chat/completions', { max_tokens: 1, max_completion_tokens: 2 }, 2],
    ['/v1/chat/completions', { max_tokens: 1, max_completion_tokens: null }, 1],
    ['/v1/chat/completions', { max_output_tokens: 3 }, undefined],
    ['/v1/responses', { max_tokens: 1, max_output_tokens: 3 }, 3],
    ['/v1/messages', { max_tokens: 4 }, 4],
    ['/v1/embeddings', { max_tokens: 4 }, undefined],
    ['/generate', { sampling_params: { max_new_tokens: 5 }, max_tokens: 6 }, 5],
    ['/generate', { sampling_params: [{ max_new_tokens: 5 }] }, undefined],
    ['/generate', { max_tokens: 6 }, 6],
    ['/inference/v1/generate', { sampling_params: { max_tokens: 7 } }, 7],
  ])('in a body for %s: %j is %s', (path, body, limit) => {
    expect(maxTokens(path, body)).toBe(limit);
  });

  it.each([-1, 1.5, 1e300, '16', true, [1]])('is not %j', (value) => {
    expect(maxTokens('/v1/completions', { max_tokens: value })).toBeUndefined();
  });
});

describe('the spans of the prompt', () => {
  it('have the context in the same order, whatever the order of the body', () => {
    expect(promptTexts('/v1/messages', '{"system":"s","tools":[1],"messages":[2]}')).toEqual({
      prompt: '[2]',
      context: ['[1]', '"s"'],
    });
    expect(promptTexts('/v1/messages', '{"messages":[2],"tools":[1],"system":"s"}')).toEqual({
      prompt: '[2]',
      context: ['[1]', '"s"'],
    });
  });

  it('are those of the API that the path has', () => {
    const body = '{"prompt":{"id":"template"},"input":"i","messages":[],"instructions":"n","system":"s"}';
    expect(promptTexts('/v1/responses', body)).toEqual({ prompt: '"i"', context: ['"n"'] });
    expect(promptTexts('/v1/completions', body)).toEqual({ prompt: '{"id":"template"}', context: [] });
  });

  it('pass over fields that are null', () => {
    expect(promptTexts('/generate', '{"text":null,"input_ids":[1,2]}')).toEqual({
      prompt: '[1,2]',
      context: [],
    });
    expect(promptTexts('/v1/messages', '{"messages":[],"tools":null,"system":"s"}')?.context).toEqual([
      '"s"',
    ]);
  });

  it('end where a body that is cut off ends', () => {
    const body = '{"messages":[{"role":"us';
    expect(promptTexts('/v1/messages', body)?.prompt).toBe('[{"role":"us');
  });

  it('are undefined where there is no prompt', () => {
    expect(promptTexts('/v1/rerank', '{"query":"q","documents":["d"]}')).toBeUndefined();
    expect(promptTexts('/v1/messages', '{"system":"s"}')).toBeUndefined();
    expect(promptTexts('/v1/messages', '{"messages":[]')).toEqual({ prompt: '[]', context: [] });
  });
});
