import { type ClientRequest, type IncomingHttpHeaders, request } from 'node:http';

export interface HttpExchangeResult {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface HttpRequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Default: GET, or POST where there is a body. */
  readonly method?: 'POST';
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

/**
 * Sends one request on a connection of its own, so that none stays open.
 *
 * @throws Error when there is no complete response
 */
export async function sendHttp(
  url: string,
  { headers, body, method, timeoutMs = 30_000 }: HttpRequestOptions = {},
): Promise<HttpExchangeResult> {
  const call = request(url, {
    agent: false,
    method: method ?? (body ? 'POST' : 'GET'),
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    signal: AbortSignal.timeout(timeoutMs),
  });
  call.end(body && JSON.stringify(body));
  return responseTo(call);
}

/** To be called in the turn that makes the request. Rejects when there is no complete response. */
export function responseTo(call: ClientRequest): Promise<HttpExchangeResult> {
  return new Promise((resolve, reject) => {
    call.on('error', reject);
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
  });
}
