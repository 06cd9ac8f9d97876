import { get } from 'node:http';

/** What an HTTP port answered to a GET. Each question has its own connection, so nothing is left open. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** @throws Error when nothing answers within timeoutMs. */
export function httpGet(url: string, timeoutMs = 2000): Promise<HttpAnswer> {
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

/** The JSON a port answers with status 200. @throws Error otherwise. */
export async function httpGetJson(url: string, timeoutMs?: number): Promise<unknown> {
  const { status, body } = await httpGet(url, timeoutMs);
  if (status !== 200) throw new Error(`${url} answered ${status}: ${body.slice(0, 200)}`);
  return JSON.parse(body);
}
