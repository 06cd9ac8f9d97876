import { isLocalFailure } from '../localFailure.ts';

/** What one probe says of an endpoint. */
export type ProbeResult =
  | { readonly kind: 'passed'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: ProbeFailure; readonly reason: string }
  /** It says nothing of the endpoint: the fault is on this side. */
  | { readonly kind: 'undecided'; readonly cause: UndecidedCause; readonly reason: string };

/**
 * Why a probe says nothing.
 *
 * stopped  it was ended early
 * stalled  this process stood still meanwhile
 * local    this process or machine could not connect (localFailure.ts)
 */
export type UndecidedCause = 'stopped' | 'stalled' | 'local';

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

/** A server that waited too long for the request closes the connection as well. */
const closings: ReadonlySet<string> = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);

/**
 * The result of a probe that ended with an error of the socket or of the HTTP parser.
 *
 * @param hasStalled this process stood still during the probe
 */
export function resultOfError(
  { code = '', message }: NodeJS.ErrnoException,
  hasStalled: boolean,
): ProbeResult {
  if (isLocalFailure(code)) return { kind: 'undecided', cause: 'local', reason: message };
  if (closings.has(code)) return resultOfClosing(message, hasStalled);
  if (code === 'ECONNREFUSED') return { kind: 'failed', failure: 'refused', reason: message };
  // The parser's codes: it speaks, but not HTTP.
  const failure = code.startsWith('HPE_') ? 'status' : 'unreachable';
  return { kind: 'failed', failure, reason: message };
}

/** The connection was closed without an answer. */
export function resultOfClosing(reason: string, hasStalled: boolean): ProbeResult {
  if (hasStalled) return { kind: 'undecided', cause: 'stalled', reason };
  return { kind: 'failed', failure: 'refused', reason };
}

export function resultOfStatus(status: number): ProbeResult {
  const reason = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { kind: 'passed', reason };
  return { kind: 'failed', failure: 'status', reason };
}
