import type { Log } from '../telemetry/log.ts';
import { LogInterval } from '../telemetry/logInterval.ts';
import type { ErrorWhere, ExtprocMetrics } from './metrics.ts';

/** A bug that every request meets must not fill the log. */
const logIntervalMs = 1_000;

/**
 * Errors that only a bug can cause, and that end nothing but what they concern: each is counted,
 * and logged with its stack, at most one line a second.
 */
export class UnexpectedErrors {
  readonly #log: Log;
  readonly #metrics: Pick<ExtprocMetrics, 'unexpectedErrors'>;
  readonly #interval = new LogInterval(logIntervalMs);

  constructor(log: Log, metrics: Pick<ExtprocMetrics, 'unexpectedErrors'>) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** Never throws. */
  report(cause: unknown, where: ErrorWhere): void {
    this.#metrics.unexpectedErrors.add(where);
    this.#interval.log((suppressed) => {
      this.#log.error({ event: 'error.unexpected', where, suppressed, cause }, 'unexpected error');
    });
  }
}
