import { isClientBug } from '../etcd/clientBug.ts';
import type { UnexpectedErrors } from '../extproc/unexpectedErrors.ts';
import type { Log } from '../telemetry/log.ts';

export interface ProcessErrorsOptions {
  readonly log: Log;
  readonly errors: Pick<UnexpectedErrors, 'report'>;
  /** etcd's client threw: whatever state it is in, it must be replaced. */
  readonly onStoreClientFailed: () => void;
}

/** Spans and metrics are exported by timers of its own. */
const telemetryLibrary = /[\\/]node_modules[\\/]@opentelemetry[\\/]/;

/**
 * Decides what an error that no caller handles ends, thrown or as a rejected promise:
 *
 * - One out of a callback of etcd's client ends the session with etcd, which starts again with a
 *   new client: an exception can leave a watch silent. Requests go on. One out of telemetry ends
 *   nothing.
 * - Any other rejected promise ends nothing.
 * - Any other exception ends the process, with 70: it happened outside of any request and of any
 *   connection, so what it has left half done is unknown. Other instances go on.
 *
 * It takes the place of the listeners that are there, and calls them to end the process.
 */
export function handleProcessErrors({ log, errors, onStoreClientFailed }: ProcessErrorsOptions): void {
  const isContained = (cause: unknown): boolean => {
    const isStoreClient = isClientBug(cause);
    if (!isStoreClient && !isFromTelemetry(cause)) return false;
    errors.report(cause, 'library');
    if (isStoreClient) onStoreClientFailed();
    return true;
  };
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (cause) => {
    if (isContained(cause)) return;
    log.error({ event: 'process.unhandled-rejection', cause }, 'unhandled rejection');
  });
  const end = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (cause, origin) => {
    if (isContained(cause)) return;
    log.error({ event: 'process.uncaught-exception', cause }, 'uncaught exception: the process ends');
    for (const listener of end) listener(cause, origin);
  });
}

function isFromTelemetry(error: unknown): boolean {
  return error instanceof Error && telemetryLibrary.test(error.stack ?? '');
}
