import type { BodyField } from './bodyFields.ts';

/** Which fields a request body has that a decision can depend on. */
export interface BodyFormat {
  /** false: the body is not read, since it is a form or audio. The path alone is known. */
  readonly isRead: boolean;
  /** The fields that can be the prompt: the first that is there is it. */
  readonly prompt: readonly BodyField[];
  /** What an engine puts in front of the prompt, in an order that is always the same. */
  readonly context: readonly BodyField[];
  /** Where the limit of generated tokens is: the first that is a number is it. */
  readonly maxTokens: readonly MaxTokensPlace[];
}

/** A field, or a member of the object that is its value. */
export type MaxTokensPlace =
  | 'max_tokens'
  | 'max_completion_tokens'
  | 'max_output_tokens'
  | { readonly field: 'sampling_params'; readonly member: string };

const modelOnly: BodyFormat = { isRead: true, prompt: [], context: [], maxTokens: [] };
const notRead: BodyFormat = { ...modelOnly, isRead: false };

const chatCompletions: BodyFormat = {
  ...modelOnly,
  prompt: ['messages'],
  context: ['tools'],
  maxTokens: ['max_completion_tokens', 'max_tokens'],
};
const completions: BodyFormat = { ...modelOnly, prompt: ['prompt'], maxTokens: ['max_tokens'] };
const responses: BodyFormat = {
  ...modelOnly,
  prompt: ['input'],
  context: ['tools', 'instructions'],
  maxTokens: ['max_output_tokens'],
};
const anthropicMessages: BodyFormat = {
  ...modelOnly,
  prompt: ['messages'],
  context: ['tools', 'system'],
  maxTokens: ['max_tokens'],
};
/** Embeddings, and what vLLM calls pooling: text, token ids or a chat; nothing is generated. */
const pooling: BodyFormat = { ...modelOnly, prompt: ['messages', 'input'], context: ['tools'] };

/**
 * The paths of inference requests, behind whatever prefix a gateway adds, and the format of their
 * bodies. Other paths are not read.
 *
 * Sources: the API references of OpenAI and Anthropic; vLLM's docs/serving/online_serving and
 * entrypoints; SGLang's srt/entrypoints/http_server.py.
 */
const formats: ReadonlyMap<string, BodyFormat> = new Map([
  ['/v1/chat/completions', chatCompletions],
  ['/v1/completions', completions],
  ['/v1/responses', responses],
  ['/v1/embeddings', pooling],
  ['/v1/messages', anthropicMessages],
  ['/v1/messages/count_tokens', anthropicMessages],

  // A query and documents, which an engine pairs: none of the fields is the prompt.
  ['/rerank', modelOnly],
  ['/v1/rerank', modelOnly],
  ['/v2/rerank', modelOnly],
  ['/score', modelOnly],
  ['/v1/score', modelOnly],
  ['/generative_scoring', modelOnly],

  // vLLM
  ['/v1/chat/completions/batch', chatCompletions],
  ['/v1/chat/completions/render', chatCompletions],
  ['/v1/completions/render', completions],
  ['/pooling', pooling],
  ['/v2/embed', modelOnly],
  [
    '/inference/v1/generate',
    {
      ...modelOnly,
      prompt: ['token_ids'],
      maxTokens: [{ field: 'sampling_params', member: 'max_tokens' }],
    },
  ],

  // SGLang; `prompt` is of vLLM's server without the OpenAI API.
  [
    '/generate',
    {
      ...modelOnly,
      prompt: ['text', 'input_ids', 'prompt'],
      maxTokens: [{ field: 'sampling_params', member: 'max_new_tokens' }, 'max_tokens'],
    },
  ],
  ['/encode', { ...modelOnly, prompt: ['text', 'input_ids'] }],
  ['/v1/classify', pooling],

  // Both, with different bodies
  ['/classify', { ...pooling, prompt: ['messages', 'input', 'text', 'input_ids'] }],
  ['/tokenize', { ...modelOnly, prompt: ['messages', 'prompt'], context: ['tools'] }],
  ['/v1/tokenize', { ...modelOnly, prompt: ['messages', 'prompt'], context: ['tools'] }],
  ['/detokenize', modelOnly],
  ['/v1/detokenize', modelOnly],
  // SageMaker's one path: the body is that of a chat, a completion or an embedding.
  ['/invocations', { ...chatCompletions, prompt: ['messages', 'prompt', 'input'] }],

  ['/v1/audio/transcriptions', notRead],
  ['/v1/audio/translations', notRead],
  ['/v1/audio/speech', notRead],
]);

/** The most segments that a path of the table has. */
const mostSegments = Math.max(...[...formats.keys()].map((path) => path.split('/').length - 1));

/**
 * The format of the bodies that are sent to a path, or undefined for a path that is not in the
 * table.
 *
 * @param path `:path`, with or without a query
 */
export function bodyFormatOf(path: string): BodyFormat | undefined {
  const query = path.search(/[?#]/);
  const end = query < 0 ? path.length : query;
  let found: BodyFormat | undefined;
  let start = end;
  // The longest match counts: `/v1/score` before `/score`.
  for (let segments = 0; segments < mostSegments && start > 0; segments += 1) {
    start = path.lastIndexOf('/', start - 1);
    if (start < 0) break;
    found = formats.get(path.slice(start, end)) ?? found;
  }
  return found;
}

/**
 * The body is JSON, so far as its sender says so: `application/json`, or another type whose
 * structure it is (RFC 6839), with any parameters. vLLM and SGLang refuse others.
 */
export function isJsonMediaType(contentType: string | undefined): boolean {
  return contentType !== undefined && /^\s*application\/(?:[^\s;,/]+\+)?json\s*(?:;|$)/i.test(contentType);
}
