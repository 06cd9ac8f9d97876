import { Agent, get } from 'node:http';

/**
 * The JSON that an admin port answers with. An agent of its own connects to the address itself,
 * whatever proxy the environment names.
 *
 * @throws Error when there is no answer, or another one than 200
 */
export async function getJson(url: string, timeoutMs: number): Promise<unknown> {
  const response = await new Promise<string>((resolve, reject) => {
    const request = get(url, { agent: new Agent(), signal: AbortSignal.timeout(timeoutMs) }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`it answered ${answer.statusCode}`));
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve(Buffer.concat(parts).toString()));
    });
    request.on('error', reject);
  });
  return JSON.parse(response);
}
