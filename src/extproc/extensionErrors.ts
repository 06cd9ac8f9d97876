import type { Log } from '../telemetry/log.ts';
import { LogInterval } from '../telemetry/logInterval.ts';
import type { ExtprocMetrics } from './metrics.ts';

const logIntervalMs = 1_000;

/** Errors of extensions: each is counted, and logged with its stack, at most one line a second. */
export class ExtensionErrors {
  readonly #log: Log;
  readonly #metrics: Pick<ExtprocMetrics, 'extensionErrors'>;
  readonly #interval = new LogInterval(logIntervalMs);

  constructor(log: Log, metrics: Pick<ExtprocMetrics, 'extensionErrors'>) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** @param name of the policy or filter */
  report(name: string, cause: unknown): void {
    this.#metrics.extensionErrors.add(name);
    this.#interval.log((suppressed) => {
      this.#log.error({ event: 'extension.failed', name, suppressed, cause }, 'an extension failed');
    });
  }
}
