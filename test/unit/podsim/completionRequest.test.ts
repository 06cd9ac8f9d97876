import { type Api, parseCompletionRequest } from '../../../tools/podsim/completionRequest.ts';

const leftOut = {
  model: undefined,
  stream: false,
  maxTokens: undefined,
  promptTokens: 1,
  includeUsage: false,
};
const message = (content: unknown) => ({ messages: [{ role: 'user', content }] });

describe('the body of a completion request', () => {
  const valid: [string, Api, object, object][] = [
    ['nothing at all', 'chat', {}, leftOut],
    ['nulls', 'chat', { model: null, stream: null, max_tokens: null, messages: null }, leftOut],
    ['fields it does not know', 'chat', { temperature: 0.3, prompt: 7 }, leftOut],
    ['a model', 'chat', { model: 'm' }, { model: 'm' }],
    ['a stream', 'chat', { stream: true }, { stream: true }],
    ['usage in a stream', 'chat', { stream_options: { include_usage: true } }, { includeUsage: true }],
    ['a limit', 'text', { max_tokens: 3 }, { maxTokens: 3 }],
    ['the newer limit', 'chat', { max_tokens: 3, max_completion_tokens: 5 }, { maxTokens: 5 }],
    ['a message', 'chat', message('twelve chars'), { promptTokens: 3 }],
    ['a message in parts', 'chat', message([{ type: 'text', text: '12345' }, {}]), { promptTokens: 2 }],
    ['strange messages', 'chat', { messages: [7, null, {}] }, { promptTokens: 1 }],
    ['a prompt', 'text', { prompt: '12345678' }, { promptTokens: 2 }],
    ['several prompts', 'text', { prompt: ['1234', '5678'] }, { promptTokens: 2 }],
    ['token numbers', 'text', { prompt: [17, 18, 19] }, { promptTokens: 3 }],
  ];
  it.each(valid)('may have %s', (_what, api, body, expected) => {
    expect(parseCompletionRequest(body, api)).toMatchObject({ kind: 'request', request: expected });
  });

  const wrong: [string, Api, unknown, string | null][] = [
    ['the body is nothing; expected a JSON object', 'chat', undefined, null],
    ['the body is []; expected a JSON object', 'chat', [], null],
    ['model is 7; expected a string', 'chat', { model: 7 }, 'model'],
    ['stream is "yes"; expected true or false', 'chat', { stream: 'yes' }, 'stream'],
    ['max_tokens is 0; expected a whole number from 1 to 100000', 'chat', { max_tokens: 0 }, 'max_tokens'],
    [
      'max_tokens is 1e+30; expected a whole number from 1 to 100000',
      'text',
      { max_tokens: 1e30 },
      'max_tokens',
    ],
    [
      'max_completion_tokens is "5"; expected a whole number from 1 to 100000',
      'chat',
      { max_completion_tokens: '5' },
      'max_completion_tokens',
    ],
    ['stream_options is 1; expected an object', 'chat', { stream_options: 1 }, 'stream_options'],
    ['messages is "hi"; expected an array', 'chat', { messages: 'hi' }, 'messages'],
    ['prompt is 7; expected a string or an array', 'text', { prompt: 7 }, 'prompt'],
  ];
  it.each(wrong)('is refused where %s', (problem, api, body, param) => {
    expect(parseCompletionRequest(body, api)).toEqual({ kind: 'problem', message: problem, param });
  });

  it('is quoted in part when it is long', () => {
    const read = parseCompletionRequest({ messages: 'x'.repeat(1000) }, 'chat');
    expect(read.kind === 'problem' && read.message.length).toBeLessThan(120);
  });
});
