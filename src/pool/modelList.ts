import { Agent, request } from 'node:http';
import { hasControlCharacters } from '../controlCharacters.ts';
import { longestName } from '../nameForms.ts';

/** Where vLLM, SGLang and others list their models, and the adapters that are loaded. */
const listPath = '/v1/models';
const mostModels = 256;
const maxBytes = 1024 * 1024;

const oneConnectionEach = new Agent({ keepAlive: false });

/**
 * The names in a response of OpenAI's `GET /v1/models`. Adapters are entries like the others, with
 * the base model as their `parent`. undefined: it is no such list, or an empty one.
 */
export function parseModelList(text: string): readonly string[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined;
  }
  const data = (list as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return undefined;
  const ids = data.map((entry: { id?: unknown } | null) => entry?.id);
  const names = ids.filter(isName);
  const models = [...new Set(names)].slice(0, mostModels).sort();
  return models.length === 0 ? undefined : models;
}

function isName(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= longestName && !hasControlCharacters(id);
}

export interface ModelListTarget {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * What an endpoint answers to a question for its models; `no-list`: something else than a list.
 * undefined: it does not answer. Never rejects.
 */
export function readModelList({
  host,
  port,
  timeoutMs,
  signal,
}: ModelListTarget): Promise<readonly string[] | 'no-list' | undefined> {
  return new Promise((resolve) => {
    const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const headers = { 'user-agent': 'baton-probe', accept: 'application/json' };
    const call = request({ host, port, path: listPath, headers, agent: oneConnectionEach, signal: ended });
    call.on('error', () => resolve(undefined));
    call.on('response', (response) => {
      const { statusCode = 0 } = response;
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes <= maxBytes) parts.push(part);
        else call.destroy();
      });
      response.on('error', () => resolve(undefined));
      response.on('close', () => resolve(undefined));
      response.on('end', () => {
        // It is up, and busy or starting: a list may follow.
        if (statusCode >= 500) return resolve(undefined);
        const isList = statusCode === 200;
        resolve((isList ? parseModelList(Buffer.concat(parts).toString()) : undefined) ?? 'no-list');
      });
    });
    call.end();
  });
}
