import { Agent, request } from 'node:http';
import { JudgingTimer } from '../judgingTimer.ts';
import { type ProbeResult, resultOfClosing, resultOfError, resultOfStatus } from './probeResult.ts';

/**
 * One HTTP probe: a GET that any 2xx status passes. It ends with the status line; the body is not
 * read. Every probe opens a connection of its own, so it tests that the server still accepts, and
 * thousands of endpoints hold no idle sockets.
 */
export interface HttpProbeTarget {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** The status has to come within this time of a process that runs (judgingTimer.ts). */
  readonly timeoutMs: number;
  /** Ends the probe early; it is undecided then. */
  readonly signal: AbortSignal;
}

/** Informational responses (1xx) come before the answer, and may come without end. */
const maxBytesBeforeStatus = 64 * 1024;

const oneConnectionEach = new Agent({ keepAlive: false });

/** Resolves when its socket is closed; rejects only for a `path` that HTTP does not allow. */
export function httpProbe({ host, port, path, timeoutMs, signal }: HttpProbeTarget): Promise<ProbeResult> {
  return new Promise((resolve) => {
    let result: ProbeResult | undefined;
    const headers = { 'user-agent': 'baton-probe', accept: '*/*' };
    const probe = request({ host, port, path, headers, agent: oneConnectionEach });
    // The first result counts: the end of the socket does not undo a status.
    const endAs = (end: ProbeResult) => {
      result ??= end;
      probe.destroy();
    };
    const onStop = () => endAs({ kind: 'undecided', cause: 'stopped', reason: 'stopped' });
    const onTimeout = () =>
      endAs({ kind: 'failed', failure: 'unanswered', reason: `no answer in ${timeoutMs} ms` });
    const timer = new JudgingTimer(timeoutMs, onTimeout);
    signal.addEventListener('abort', onStop);
    probe.on('error', (error) => endAs(resultOfError(error, timer.hasStalled)));
    probe.on('information', () => {
      if ((probe.socket?.bytesRead ?? 0) < maxBytesBeforeStatus) return;
      endAs({ kind: 'failed', failure: 'status', reason: 'informational responses without an answer' });
    });
    probe.on('upgrade', ({ statusCode = 0 }) => endAs(resultOfStatus(statusCode)));
    probe.on('response', (response) => {
      response.on('error', () => {});
      endAs(resultOfStatus(response.statusCode ?? 0));
    });
    probe.on('close', () => {
      const { hasStalled } = timer;
      timer.cancel();
      signal.removeEventListener('abort', onStop);
      resolve(result ?? resultOfClosing('closed without a response', hasStalled));
    });
    if (signal.aborted) onStop();
    else probe.end();
  });
}
