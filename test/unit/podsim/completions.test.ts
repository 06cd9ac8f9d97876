import { type Completion, CompletionEvents, formatCompletion } from '../../../tools/podsim/completions.ts';

const completion = (changes: Partial<Completion> = {}): Completion => ({
  api: 'chat',
  id: 'chatcmpl-1',
  created: 1_700_000_000,
  model: 'a "quoted" model',
  promptTokens: 4,
  tokens: 40,
  finishReason: 'stop',
  usageApart: false,
  ...changes,
});
const usage = { prompt_tokens: 4, completion_tokens: 40, total_tokens: 44 };

/** Takes the events apart as a client would, without the end mark. */
function parse(events: string) {
  expect(events.endsWith('\n\n')).toBe(true);
  const lines = events.trimEnd().split('\n\n');
  expect(lines.pop()).toBe('data: [DONE]');
  return lines.map((line) => {
    expect(line.startsWith('data: ')).toBe(true);
    return JSON.parse(line.slice('data: '.length));
  });
}

function stream(given: Completion) {
  const events = new CompletionEvents(given);
  return parse(events.opening() + events.tokens(0, 7) + events.tokens(7, given.tokens) + events.ending());
}

describe('a streamed completion', () => {
  it('of a chat has the role, then its tokens, then the finish reason', () => {
    const chunks = stream(completion());
    expect(chunks).toHaveLength(1 + 40 + 1);
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.at(-1)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }], usage });
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({
        id: 'chatcmpl-1',
        object: 'chat.completion.chunk',
        created: 1_700_000_000,
        model: 'a "quoted" model',
      });
    }
  });

  it('of a prompt has no role', () => {
    const chunks = stream(completion({ api: 'text', finishReason: 'length' }));
    expect(chunks).toHaveLength(40 + 1);
    expect(chunks[0]).toMatchObject({ object: 'text_completion', choices: [{ text: ' Load' }] });
    expect(chunks.at(-1)).toMatchObject({ choices: [{ text: '', finish_reason: 'length' }], usage });
  });

  it.each(['chat', 'text'] as const)('to %s is, put together, the whole reply', (api) => {
    const choices = stream(completion({ api })).map((chunk) => chunk.choices[0]);
    const text = choices.map((choice) => choice.delta?.content ?? choice.text ?? '').join('');
    const [whole] = JSON.parse(formatCompletion(completion({ api }))).choices;
    expect(whole.message?.content ?? whole.text).toBe(text);
    expect(text.split(' ').slice(1)).toHaveLength(40);
  });

  it('has the usage as an event of its own when requested', () => {
    const [finish, last] = stream(completion({ usageApart: true })).slice(-2);
    expect(finish).not.toHaveProperty('usage');
    expect(finish.choices[0].finish_reason).toBe('stop');
    expect(last).toMatchObject({ choices: [], usage });
  });
});

describe('a completion that is not streamed', () => {
  it.each([
    ['chat', 'chat.completion', { message: { role: 'assistant', content: ' Load is' } }],
    ['text', 'text_completion', { text: ' Load is' }],
  ] as const)('to %s is one object with its counts', (api, object, choice) => {
    expect(JSON.parse(formatCompletion(completion({ api, tokens: 2 })))).toEqual({
      id: 'chatcmpl-1',
      object,
      created: 1_700_000_000,
      model: 'a "quoted" model',
      choices: [{ index: 0, ...choice, finish_reason: 'stop' }],
      usage: { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 },
    });
  });
});
