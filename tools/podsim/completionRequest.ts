/**
 * The fields of a completion request that podsim uses. All are optional; those that are there must
 * have the right type. `null` counts as absent, as in the OpenAI API; other fields are ignored.
 */
export interface CompletionRequest {
  readonly model: string | undefined;
  readonly stream: boolean;
  readonly maxTokens: number | undefined;
  readonly promptTokens: number;
  /** The prompt as one text, in which further turns only add to the end. */
  readonly promptText: () => string;
  /** `stream_options.include_usage`: the usage is sent as an event of its own. */
  readonly includeUsage: boolean;
}

export type Api = 'chat' | 'text';

export type ParsedCompletionRequest =
  | { readonly kind: 'request'; readonly request: CompletionRequest }
  | { readonly kind: 'problem'; readonly message: string; readonly param: string | null };

/** Limits the memory of one request. */
const maxReplyTokens = 100_000;
const charactersPerToken = 4;

export function parseCompletionRequest(body: unknown, api: Api): ParsedCompletionRequest {
  if (!isObject(body)) return problem('the body', body, 'a JSON object', null);
  const { model, stream, messages, prompt, tools, stream_options: streamOptions } = body;
  const tokensField = body.max_completion_tokens == null ? 'max_tokens' : 'max_completion_tokens';
  const maxTokens = body[tokensField];

  if (model != null && (typeof model !== 'string' || model === '')) return wrong('model', 'a string');
  if (stream != null && typeof stream !== 'boolean') return wrong('stream', 'true or false');
  if (maxTokens != null && !isTokenCount(maxTokens))
    return wrong(tokensField, `a whole number from 1 to ${maxReplyTokens}`);
  if (streamOptions != null && !isObject(streamOptions)) return wrong('stream_options', 'an object');
  const promptTokens = api === 'chat' ? countMessages(messages ?? []) : countPrompt(prompt ?? '');
  if (promptTokens === undefined)
    return api === 'chat' ? wrong('messages', 'an array') : wrong('prompt', 'a string or an array');

  const request = {
    model: model ?? undefined,
    stream: stream ?? false,
    maxTokens: maxTokens ?? undefined,
    promptTokens,
    promptText: () => textOf(api === 'chat' ? [tools, messages] : prompt),
    includeUsage: streamOptions?.include_usage === true,
  };
  return { kind: 'request', request };

  function wrong(param: string, expected: string): ParsedCompletionRequest {
    return problem(param, (body as Record<string, unknown>)[param], expected, param);
  }
}

function problem(
  what: string,
  given: unknown,
  expected: string,
  param: string | null,
): ParsedCompletionRequest {
  const json = JSON.stringify(given) ?? 'nothing';
  const short = json.length > 60 ? `${json.slice(0, 60)}…` : json;
  return { kind: 'problem', message: `${what} is ${short}; expected ${expected}`, param };
}

/** As JSON without the brackets at its end, which a further turn replaces. */
function textOf(prompt: unknown): string {
  return typeof prompt === 'string' ? prompt : JSON.stringify(prompt ?? '').replace(/[\]}"]*$/, '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTokenCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= maxReplyTokens;
}

function countMessages(messages: unknown): number | undefined {
  if (!Array.isArray(messages)) return undefined;
  let characters = 0;
  for (const message of messages) {
    const content = isObject(message) ? message.content : undefined;
    for (const part of Array.isArray(content) ? content : [content]) {
      const text = isObject(part) ? part.text : part;
      if (typeof text === 'string') characters += text.length;
    }
  }
  return asTokens(characters);
}

/** Text, several texts, or token numbers. */
function countPrompt(prompt: unknown): number | undefined {
  if (typeof prompt === 'string') return asTokens(prompt.length);
  if (!Array.isArray(prompt)) return undefined;
  let tokens = 0;
  for (const part of prompt) tokens += typeof part === 'string' ? asTokens(part.length) : 1;
  return Math.max(1, tokens);
}

function asTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / charactersPerToken));
}
