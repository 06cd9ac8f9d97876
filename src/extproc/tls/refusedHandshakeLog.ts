import type { Log } from '../../telemetry/log.ts';

/** Clients retry without end, so one line in this time is enough. */
const logIntervalMs = 10_000;

/** Logs why TLS handshakes fail, at most one line in each interval. */
export function refusedHandshakeLog(log: Log): (reason: string) => void {
  let loggedMs = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  return (reason) => {
    const nowMs = performance.now();
    if (nowMs - loggedMs < logIntervalMs) {
      suppressed += 1;
      return;
    }
    log.warn({ event: 'tls.handshake-failed', reason, suppressed }, 'TLS handshake failed');
    loggedMs = nowMs;
    suppressed = 0;
  };
}
