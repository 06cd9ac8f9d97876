import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BatonError } from '../errors.ts';
import { invalidEndpoints } from './endpointProblems.ts';
import type { ParsedEndpoint } from './parseEndpoint.ts';
import { readEndpointList } from './readEndpointList.ts';

/** What the thread is given, and what it answers. */
export interface ListRequest {
  readonly text: string;
  readonly place: string;
}

export type ListAnswer =
  | { readonly kind: 'part'; readonly endpoints: readonly ParsedEndpoint[]; readonly isLast: boolean }
  | { readonly kind: 'invalid'; readonly message: string };

/** A list of this size is parsed in about 10 ms; a thread costs more. */
const largeCharacters = 8 * 1024;

/**
 * Parses the text of an endpoints file, a large one in a thread of its own: 10,000 mappings take a
 * second or more, and no decision may wait for that.
 *
 * @param place names the file in errors
 * @throws BatonError `endpoints-invalid`
 */
export async function parseEndpointFile(
  text: string,
  place: string,
  signal: AbortSignal,
): Promise<readonly ParsedEndpoint[]> {
  if (text.length > largeCharacters) return parseInThread({ text, place }, signal);
  const { endpoints, problems } = readEndpointList(text);
  if (problems.length > 0) throw invalidEndpoints(place, problems);
  return endpoints;
}

async function parseInThread(request: ListRequest, signal: AbortSignal): Promise<readonly ParsedEndpoint[]> {
  // The compiled package has it as JavaScript.
  const entry = `./endpointListWorker${extname(import.meta.filename)}`;
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: request });
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop);
  try {
    return await collect(worker);
  } finally {
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

function collect(worker: Worker): Promise<readonly ParsedEndpoint[]> {
  return new Promise((resolve, reject) => {
    const endpoints: ParsedEndpoint[] = [];
    worker.on('message', (answer: ListAnswer) => {
      if (answer.kind === 'invalid') return reject(new BatonError('endpoints-invalid', answer.message));
      endpoints.push(...answer.endpoints);
      if (answer.isLast) resolve(endpoints);
      else worker.postMessage('next');
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the thread that parses the endpoints file has ended')));
  });
}
