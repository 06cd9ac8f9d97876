import { get } from 'node:http';

/** The response to a GET. Each request has a connection of its own, so no connection stays open. */
export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/** @throws Error when there is no response within timeoutMs. */
export function httpGet(url: string, timeoutMs = 2000): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

/**
 * The JSON of a response with status 200.
 * @throws Error on any other status.
 */
export async function httpGetJson(url: string, timeoutMs?: number): Promise<unknown> {
  const { status, body } = await httpGet(url, timeoutMs);
  if (status !== 200) throw new Error(`${url} answered ${status}: ${body.slice(0, 200)}`);
  return JSON.parse(body);
}
