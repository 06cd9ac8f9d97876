import { Agent, request } from 'node:http';

/**
 * One HTTP probe: a GET that any 2xx status passes. Every probe opens a connection of its own, so
 * it tests that the server still accepts, and thousands of endpoints hold no idle sockets.
 */
export interface HttpProbeTarget {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /**
   * For the whole exchange; the status has to come within it, and the socket is closed after it.
   */
  readonly timeoutMs: number;
  /** Ends the probe early; it then reports `stopped`. */
  readonly signal: AbortSignal;
}

export interface ProbeResult {
  readonly passed: boolean;
  /** `HTTP 200`, `connect ECONNREFUSED 10.0.0.1:8000`, `no answer in 500 ms` */
  readonly reason: string;
}

const oneConnectionEach = new Agent({ keepAlive: false });

/** Resolves when its socket is closed; rejects only for a `path` that HTTP does not allow. */
export function httpProbe({ host, port, path, timeoutMs, signal }: HttpProbeTarget): Promise<ProbeResult> {
  return new Promise((resolve) => {
    let result: ProbeResult | undefined;
    const headers = { 'user-agent': 'baton-probe', accept: '*/*' };
    const probe = request({ host, port, path, headers, agent: oneConnectionEach });
    // The first result counts: a body that breaks off or never ends does not undo a status.
    const endAs = (reason: string) => {
      result ??= { passed: false, reason };
      probe.destroy();
    };
    const onStop = () => endAs('stopped');
    const timer = setTimeout(endAs, timeoutMs, `no answer in ${timeoutMs} ms`);
    signal.addEventListener('abort', onStop);
    probe.on('error', (error) => endAs(error.message));
    probe.on('response', (response) => {
      const status = response.statusCode ?? 0;
      result ??= { passed: status >= 200 && status < 300, reason: `HTTP ${status}` };
      response.on('error', () => {}).resume();
    });
    probe.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onStop);
      resolve(result ?? { passed: false, reason: 'closed without a response' });
    });
    if (signal.aborted) onStop();
    else probe.end();
  });
}
