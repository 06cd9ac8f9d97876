import type { Api } from './completionRequest.ts';

/**
 * Formats completions as the OpenAI API does: as JSON, or as server-sent events. The parts that all
 * events of a response share are formatted once, because there are thousands. Sends nothing, waits
 * for nothing.
 */
export interface Completion {
  readonly api: Api;
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly promptTokens: number;
  /** Those that were found in the cache; undefined: the pod has none. */
  readonly cachedTokens?: number;
  readonly tokens: number;
  /** `length` where the client's max_tokens ended the completion. */
  readonly finishReason: 'stop' | 'length';
  /** The usage of a stream is an event of its own, not part of the last choice. */
  readonly usageApart: boolean;
}

/** No word needs escaping in JSON. */
const words = ' Load is shared and every pod that is free takes the next request in turn.'.split(/(?= )/);
const allWords = words.join('');

export function formatCompletion(completion: Completion): string {
  const text = replyText(completion.tokens);
  const choice =
    completion.api === 'chat'
      ? { index: 0, message: { role: 'assistant', content: text }, finish_reason: completion.finishReason }
      : { index: 0, text, finish_reason: completion.finishReason };
  const object = completion.api === 'chat' ? 'chat.completion' : 'text_completion';
  const { id, created, model } = completion;
  return JSON.stringify({ id, object, created, model, choices: [choice], usage: usage(completion) });
}

/** The events of a stream, in order. */
export class CompletionEvents {
  readonly #completion: Completion;
  readonly #start: string;
  readonly #beforeWord: string;
  readonly #afterWord: string;

  constructor(completion: Completion) {
    const { api, id, created, model } = completion;
    const object = api === 'chat' ? 'chat.completion.chunk' : 'text_completion';
    this.#completion = completion;
    this.#start = `data: {"id":${quote(id)},"object":"${object}","created":${created},"model":${quote(model)},`;
    this.#beforeWord = `${this.#start}"choices":[{"index":0,${api === 'chat' ? '"delta":{"content":"' : '"text":"'}`;
    this.#afterWord = `"${api === 'chat' ? '}' : ''},"finish_reason":null}]}\n\n`;
  }

  /** Only for chat completions; a text completion starts with its first token. */
  opening(): string {
    if (this.#completion.api === 'text') return '';
    const role = '"delta":{"role":"assistant","content":""}';
    return `${this.#start}"choices":[{"index":0,${role},"finish_reason":null}]}\n\n`;
  }

  tokens(from: number, to: number): string {
    let events = '';
    for (let index = from; index < to; index++) {
      events += this.#beforeWord + words[index % words.length] + this.#afterWord;
    }
    return events;
  }

  ending(): string {
    const { api, finishReason, usageApart } = this.#completion;
    const nothing = api === 'chat' ? '"delta":{}' : '"text":""';
    const counts = `"usage":${JSON.stringify(usage(this.#completion))}}\n\n`;
    const choices = `${this.#start}"choices":[{"index":0,${nothing},"finish_reason":"${finishReason}"}]`;
    const last = usageApart ? `${choices}}\n\n${this.#start}"choices":[],${counts}` : `${choices},${counts}`;
    return `${last}data: [DONE]\n\n`;
  }
}

function replyText(tokens: number): string {
  const rest = tokens % words.length;
  return allWords.repeat((tokens - rest) / words.length) + words.slice(0, rest).join('');
}

function usage({ promptTokens, cachedTokens, tokens }: Completion) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: tokens,
    total_tokens: promptTokens + tokens,
    ...(cachedTokens !== undefined && { prompt_tokens_details: { cached_tokens: cachedTokens } }),
  };
}

function quote(text: string): string {
  return JSON.stringify(text);
}
