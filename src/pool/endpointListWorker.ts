import { parentPort, workerData } from 'node:worker_threads';
import { invalidEndpoints } from './endpointProblems.ts';
import type { ListAnswer, ListRequest } from './parseEndpointFile.ts';
import { readEndpointList } from './readEndpointList.ts';

/**
 * The thread that parses a large endpoints file (parseEndpointFile.ts). It hands the endpoints over
 * in parts, each when the last one has been taken: a whole large list would block the other thread.
 */
const partSize = 250;

const { text, place } = workerData as ListRequest;
const { endpoints, problems } = readEndpointList(text);
let start = 0;

function answer(): void {
  if (problems.length > 0) {
    send({ kind: 'invalid', message: invalidEndpoints(place, problems).message });
    return;
  }
  const end = start + partSize;
  send({ kind: 'part', endpoints: endpoints.slice(start, end), isLast: end >= endpoints.length });
  start = end;
}

function send(message: ListAnswer): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', answer);
answer();
