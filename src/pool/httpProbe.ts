import { Agent, request } from 'node:http';
import { type ProbeResult, resultOfError, resultOfStatus } from './probeResult.ts';

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
  /** The status has to come within it. */
  readonly timeoutMs: number;
  /** Ends the probe early; it is undecided then. */
  readonly signal: AbortSignal;
}

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
    const onStop = () => endAs({ kind: 'undecided', reason: 'stopped' });
    const onTimeout = () =>
      endAs({ kind: 'failed', failure: 'unanswered', reason: `no answer in ${timeoutMs} ms` });
    const timer = setTimeout(onTimeout, timeoutMs);
    signal.addEventListener('abort', onStop);
    probe.on('error', (error) => endAs(resultOfError(error)));
    probe.on('response', (response) => {
      response.on('error', () => {});
      endAs(resultOfStatus(response.statusCode ?? 0));
    });
    probe.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onStop);
      resolve(result ?? { kind: 'failed', failure: 'refused', reason: 'closed without a response' });
    });
    if (signal.aborted) onStop();
    else probe.end();
  });
}
