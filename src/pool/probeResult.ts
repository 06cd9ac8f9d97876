/** What one probe says of an endpoint. */
export type ProbeResult =
  | { readonly kind: 'passed'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: ProbeFailure; readonly reason: string }
  /** It says nothing of the endpoint: the fault is on this side. */
  | { readonly kind: 'undecided'; readonly reason: string };

/**
 * How a probe failed. It matters when many endpoints fail at once (panicRule.ts).
 *
 * status       it answered: with another status than 2xx, or not in HTTP
 * late         it answered 2xx after the timeout
 * unanswered   it accepted the connection, or the network lost it: no answer in time
 * refused      no process listens, or it closed the connection
 * unreachable  the network says that there is no way
 */
export type ProbeFailure = 'status' | 'late' | 'unanswered' | 'refused' | 'unreachable';

/** Errors of this process or machine, such as no free file descriptor. */
const localErrors: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'EADDRNOTAVAIL',
  'ENOMEM',
  'EAGAIN',
]);
const refusals: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE']);

/** The result of a probe that ended with an error of the socket or of the HTTP parser. */
export function resultOfError({ code = '', message }: NodeJS.ErrnoException): ProbeResult {
  if (localErrors.has(code)) return { kind: 'undecided', reason: message };
  if (refusals.has(code)) return { kind: 'failed', failure: 'refused', reason: message };
  // The parser's codes: it speaks, but not HTTP.
  const failure = code.startsWith('HPE_') ? 'status' : 'unreachable';
  return { kind: 'failed', failure, reason: message };
}

export function resultOfStatus(status: number): ProbeResult {
  const reason = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { kind: 'passed', reason };
  return { kind: 'failed', failure: 'status', reason };
}
