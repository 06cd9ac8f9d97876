import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { KubernetesAccess } from './apiConnection.ts';

/** The API server answered with another status than 200. */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(`the API server answered ${status}${message === '' ? '' : `: ${message}`}`);
    this.status = status;
  }
}

/** The answer is not what the API says that it is. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

/** Nothing came for too long. */
export class SilentServer extends Error {
  override readonly name = 'SilentServer';
}

export type ApiQuery = Readonly<Record<string, string>>;

/** A page of a list, and one event of a watch: a pod has some ten kilobytes, at most 1.5 MiB. */
const maxPageBytes = 64 * 1024 * 1024;
const maxLineBytes = 4 * 1024 * 1024;
const maxErrorBytes = 64 * 1024;
const longestReason = 300;

export interface RequestOptions {
  readonly signal: AbortSignal;
  /** The connection ends when nothing came for this long. */
  readonly silenceMs: number;
  /** Default: JSON of the whole objects. */
  readonly accept?: string;
}

/**
 * Sends a GET on a connection of its own, and waits for the head of its answer.
 *
 * @throws ApiStatusError, an error of the connection, or one of the files of `access`
 */
export async function openRequest(
  access: KubernetesAccess,
  path: string,
  query: ApiQuery,
  { accept = 'application/json', signal, silenceMs }: RequestOptions,
): Promise<IncomingMessage> {
  const { apiServer, tls, token } = await access.connect();
  const url = new URL(apiServer);
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  url.search = new URLSearchParams(query).toString();
  const headers = { accept, ...(token && { authorization: `Bearer ${token}` }) };
  const options = { agent: false, headers, signal, timeout: silenceMs } as const;
  const call =
    url.protocol === 'https:' ? requestHttps(url, { ...options, ...tls }) : requestHttp(url, options);
  let response: IncomingMessage | undefined;
  call.on('timeout', () => {
    const error = new SilentServer(`nothing came from the API server for ${silenceMs} ms`);
    (response ?? call).destroy(error);
  });
  // An error after the response is the response's own.
  call.on('error', () => {});
  call.end();
  [response] = (await once(call, 'response')) as [IncomingMessage];
  const { statusCode = 0 } = response;
  if (statusCode === 200) return response;
  throw new ApiStatusError(statusCode, await reasonOf(response));
}

/** @throws UnreadableAnswer, or an error of the connection */
export async function readJson(response: IncomingMessage): Promise<unknown> {
  return parseJson(await readBytes(response, maxPageBytes));
}

/** The events of a watch, one JSON document each. @throws as `readJson` */
export async function* readEvents(response: IncomingMessage): AsyncGenerator<unknown> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of response as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      if (end > start) yield parseJson(rest.subarray(start, end));
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > maxLineBytes) throw new UnreadableAnswer('an event is longer than 4 MiB');
  }
  if (rest.length > 0) yield parseJson(rest);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new UnreadableAnswer('the API server answered with something that is no JSON');
  }
}

async function readBytes(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new UnreadableAnswer(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The message of a Status object, else nothing. */
async function reasonOf(response: IncomingMessage): Promise<string> {
  try {
    const { message } = JSON.parse((await readBytes(response, maxErrorBytes)).toString('utf8'));
    return typeof message === 'string' ? message.slice(0, longestReason) : '';
  } catch {
    return '';
  }
}
