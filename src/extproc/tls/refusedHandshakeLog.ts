import type { Log } from '../../telemetry/log.ts';
import { LogInterval } from '../../telemetry/logInterval.ts';

/** Clients retry without end, so one line in this time is enough. */
const logIntervalMs = 10_000;

/** Logs why TLS handshakes fail, at most one line in each interval. */
export function refusedHandshakeLog(log: Log): (reason: string) => void {
  const interval = new LogInterval(logIntervalMs);
  return (reason) =>
    interval.log((suppressed) => {
      log.warn({ event: 'tls.handshake-failed', reason, suppressed }, 'TLS handshake failed');
    });
}
