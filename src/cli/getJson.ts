import { Agent, get } from 'node:http';

/** The state of a pool of 10,000 endpoints has 1.3 MB. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * The JSON that an admin port answers with. An agent of its own connects to the address itself,
 * whatever proxy the environment names.
 *
 * @throws Error when there is no answer, another one than 200, or one that is too long
 */
export async function getJson(url: string, timeoutMs: number): Promise<unknown> {
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const request = get(url, { agent: new Agent(), signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > maxAnswerBytes)
          request.destroy(new Error(`its answer has more than ${maxAnswerBytes} bytes`));
        else parts.push(part);
      });
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() });
      });
    });
    request.on('error', reject);
  });
  if (status !== 200) throw new Error(`it answered ${status}${reasonIn(text)}`);
  return JSON.parse(text);
}

/** What a port of Baton says of a request that it refuses. */
function reasonIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? `: ${JSON.stringify(error.slice(0, 200))}` : '';
  } catch {
    return '';
  }
}
