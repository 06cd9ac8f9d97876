import { Agent, request } from 'node:http';

/**
 * Asks one HTTP server once whether it is well: GET, and any 2xx status is a yes. Every probe is a connection
 * of its own: it tests that the server still accepts, and thousands of endpoints hold no idle sockets.
 */
export interface HttpProbeTarget {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** For the whole exchange; the status has to come within it, and the socket is closed after it. */
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
    // The first thing known decides: a body that breaks off or never ends does not take a status back.
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
      resolve(result ?? { passed: false, reason: 'closed without an answer' });
    });
    if (signal.aborted) onStop();
    else probe.end();
  });
}
