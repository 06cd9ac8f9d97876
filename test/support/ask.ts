import { type IncomingHttpHeaders, request } from 'node:http';

/** One whole HTTP exchange on a connection of its own, so that nothing is left open. */
export interface Asked {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RawQuestion {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, by POST. Without it the question is a GET. */
  readonly body?: object;
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

/** @throws Error when there is no whole answer */
export function ask(url: string, { headers, body, timeoutMs = 30_000 }: RawQuestion = {}): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const call = request(url, {
      agent: false,
      method: body ? 'POST' : 'GET',
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      signal: AbortSignal.timeout(timeoutMs),
    });
    call.on('error', reject);
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    call.end(body && JSON.stringify(body));
  });
}
