import { seededRandom } from '../../tools/simulator/seededRandom.ts';
import { meanServiceMs, serviceMs, trace } from '../../tools/simulator/trace.ts';
import type { FleetLoad } from './options.ts';

/**
 * The simulator's traffic (Poisson arrivals, log-normal lengths) as requests to real pods. Pure.
 */

/** Time of one token in a pod: the resolution of service times. */
export const tokenMs = 5;

/** Requests per second for the utilisation of the pods. */
export function balanceRequestsPerSecond({ pods, slots, serviceMs: meanMs, utilisation }: FleetLoad): number {
  return (utilisation * pods * slots * 1000) / meanMs;
}

/**
 * One line per request: when it is due, in ms, and its tokens. The same seed gives the same
 * requests.
 */
export function traceText(load: FleetLoad, seconds: number, seed: number): string {
  const requests = trace({
    perSecond: balanceRequestsPerSecond(load),
    pattern: 'poisson',
    random: seededRandom(seed),
  });
  const lines: string[] = [];
  for (const request of requests) {
    if (request.atMs > seconds * 1000) break;
    const ms = serviceMs(request) * (load.serviceMs / meanServiceMs);
    lines.push(`${request.atMs.toFixed(3)} ${Math.max(1, Math.round(ms / tokenMs))}\n`);
  }
  return lines.join('');
}

/** The result of one request. */
export interface Answered {
  /** When it was due, in ms after the start. */
  readonly atMs: number;
  /** From then to its last byte. */
  readonly tookMs: number;
  /** In the pod, until it had a slot. */
  readonly queuedMs: number;
  readonly isOk: boolean;
}

export function readAnswers(text: string): Answered[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [atMs, tookMs, queuedMs, outcome] = line.split(' ');
    return {
      atMs: Number(atMs),
      tookMs: Number(tookMs),
      queuedMs: Number(queuedMs),
      isOk: outcome === 'ok',
    };
  });
}
