import { Agent, request } from 'node:http';
import type { PodReading } from '../../proto/records/podReading.ts';
import { readEngineMetrics } from './readEngineMetrics.ts';

/**
 * - unreachable: no connection, or it broke
 * - unanswered: not within the timeout
 * - status: another status than 200; a redirect is not followed
 * - too-large: the answer is longer than that of any engine
 * - no-engine: the answer has no metrics of an engine that is known
 */
export const readFailures = ['unreachable', 'unanswered', 'status', 'too-large', 'no-engine'] as const;
export type ReadFailure = (typeof readFailures)[number];

export type MetricsAnswer =
  | { readonly kind: 'reading'; readonly reading: PodReading }
  | { readonly kind: 'failed'; readonly failure: ReadFailure }
  /** `signal` was aborted. */
  | { readonly kind: 'stopped' };

export interface MetricsTarget {
  /** An IP address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** vLLM's has 100 to 300 KiB. */
const maxBytes = 4 * 1024 * 1024;

/** A pod is asked once a second or more often: its connection is kept, one for each pod. */
export function metricsAgent(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
}

/** Asks a pod for its metrics, at the address of its requests and nowhere else. Never rejects. */
export async function requestMetrics(target: MetricsTarget, agent: Agent): Promise<MetricsAnswer> {
  const first = await send(target, agent);
  // The pod may close a kept connection at the moment in which it is used again.
  return first === 'closed-before' ? closedTwice(await send(target, agent)) : first;
}

function closedTwice(answer: MetricsAnswer | 'closed-before'): MetricsAnswer {
  return answer === 'closed-before' ? { kind: 'failed', failure: 'unreachable' } : answer;
}

function send(
  { host, port, path, timeoutMs, signal }: MetricsTarget,
  agent: Agent,
): Promise<MetricsAnswer | 'closed-before'> {
  return new Promise((resolve) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const failed = (failure: ReadFailure): void => {
      if (signal.aborted) resolve({ kind: 'stopped' });
      else resolve({ kind: 'failed', failure: timeout.aborted ? 'unanswered' : failure });
    };
    const headers = { 'user-agent': 'baton-metrics', accept: 'text/plain;version=0.0.4' };
    const ended = AbortSignal.any([signal, timeout]);
    const call = request({ host, port, path, headers, agent, signal: ended });
    let hasAnswered = false;
    call.on('error', () => {
      const isUsedAgain = call.reusedSocket && !hasAnswered && !ended.aborted;
      if (isUsedAgain) resolve('closed-before');
      else failed('unreachable');
    });
    call.on('response', (response) => {
      hasAnswered = true;
      const parts: Buffer[] = [];
      let bytes = 0;
      const give = (failure: ReadFailure): void => {
        failed(failure);
        call.destroy();
      };
      response.on('error', () => failed('unreachable'));
      response.on('close', () => failed('unreachable'));
      if (response.statusCode !== 200) return give('status');
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > maxBytes) give('too-large');
        else parts.push(part);
      });
      response.on('end', () => {
        const reading = readEngineMetrics(Buffer.concat(parts).toString());
        if (reading === undefined) failed('no-engine');
        else resolve({ kind: 'reading', reading });
      });
    });
    call.end();
  });
}
