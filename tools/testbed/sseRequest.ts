import { type Agent, type IncomingMessage, request } from 'node:http';

/**
 * One streaming chat completion over real HTTP, read to its end. Its outcome is what the client
 * sees; this never rejects.
 */
export interface SseRequestOptions {
  /** The whole URL, `http://127.0.0.1:10000/v1/chat/completions`. */
  readonly url: string;
  readonly agent: Agent;
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields of the JSON body beside `stream: true`. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Time limit of the request: failed, or cut if the response has begun. Default 60 s. */
  readonly timeoutMs?: number;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

export type SseOutcome =
  /** Status 200, no event that reports an error, and `data: [DONE]`. */
  | {
      readonly kind: 'ok';
      readonly pod: string;
      readonly latencyMs: number;
      /** To the first bytes of the response. */
      readonly firstTokenMs: number;
      /** Where the body asks for it (`stream_options.include_usage`), and the pod reports it. */
      readonly usage?: PromptUsage;
    }
  /** Another status, no response, or an event that reports an error. */
  | { readonly kind: 'failed'; readonly detail: string; readonly latencyMs: number }
  /** The response began and ended without `data: [DONE]`. */
  | { readonly kind: 'cut'; readonly pod: string; readonly detail: string; readonly latencyMs: number }
  /** Aborted by `signal`. */
  | { readonly kind: 'aborted'; readonly latencyMs: number };

export interface PromptUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
}

const doneMark = 'data: [DONE]';
/** As inference servers report an error once the stream has begun. */
const errorEvent = /^(?:event: ?error|data: ?\{"error":(?! ?null)).*/m;

export function sendSseRequest(options: SseRequestOptions): Promise<SseOutcome> {
  const startMs = performance.now();
  const body = JSON.stringify({
    model: 'sim-model',
    messages: [{ role: 'user', content: 'Count.' }],
    ...options.body,
    stream: true,
  });
  return new Promise((resolve) => {
    let response: IncomingMessage | undefined;
    let received = '';
    let isDone = false;
    let reportedError: string | undefined;
    let firstTokenMs = 0;
    let usage: PromptUsage | undefined;

    const finish = (detail: string) => {
      clearTimeout(timeout);
      const latencyMs = performance.now() - startMs;
      const pod = podOf(response);
      if (options.signal?.aborted) resolve({ kind: 'aborted', latencyMs });
      else if (!response) resolve({ kind: 'failed', detail, latencyMs });
      else if (response.statusCode !== 200)
        resolve({ kind: 'failed', detail: refusal(response, received), latencyMs });
      else if (reportedError !== undefined)
        resolve({ kind: 'failed', detail: `${pod}: ${reportedError}`, latencyMs });
      else if (isDone && response.complete)
        resolve({ kind: 'ok', pod, latencyMs, firstTokenMs, ...(usage && { usage }) });
      else
        resolve({ kind: 'cut', pod, detail: `${detail}; its last bytes: ${received.slice(-60)}`, latencyMs });
    };

    const call = request(options.url, {
      method: 'POST',
      agent: options.agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...options.headers,
      },
      ...(options.signal && { signal: options.signal }),
    });
    const timeoutMs = options.timeoutMs ?? 60_000;
    const timeout = setTimeout(
      () => call.destroy(new Error(`not complete after ${timeoutMs} ms`)),
      timeoutMs,
    );
    call.on('error', (error: NodeJS.ErrnoException) => finish(describe(error)));
    call.on('response', (incoming) => {
      response = incoming;
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => {
        if (firstTokenMs === 0) firstTokenMs = performance.now() - startMs;
        received += text;
        usage ??= usageIn(received);
        reportedError ??= errorEvent.exec(received)?.[0].slice(0, 200);
        isDone ||= received.includes(doneMark);
        // Enough for a mark that arrives in two parts, and for the body of an error.
        received = received.slice(-500);
      });
      incoming.on('error', (error: NodeJS.ErrnoException) => finish(describe(error)));
      incoming.on('end', () => finish('the response ended early'));
      incoming.on('close', () => finish('the connection was closed'));
    });
    call.end(body);
  });
}

const usagePattern = /"prompt_tokens":(\d+),.*"cached_tokens":(\d+)/;

function usageIn(text: string): PromptUsage | undefined {
  const [, promptTokens, cachedTokens] = usagePattern.exec(text) ?? [];
  if (promptTokens === undefined || cachedTokens === undefined) return undefined;
  return { promptTokens: Number(promptTokens), cachedTokens: Number(cachedTokens) };
}

function podOf(response: IncomingMessage | undefined): string {
  return String(response?.headers['x-podsim-id'] ?? 'unknown');
}

function refusal(response: IncomingMessage, received: string): string {
  return `status ${response.statusCode}: ${received.trim().slice(0, 200)}`;
}

function describe(error: NodeJS.ErrnoException): string {
  return error.code ? `${error.message} (${error.code})` : error.message;
}
