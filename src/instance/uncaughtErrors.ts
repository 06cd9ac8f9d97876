import { isClientBug } from '../etcd/clientBug.ts';
import type { UnexpectedErrors } from '../extproc/unexpectedErrors.ts';
import type { Log } from '../telemetry/log.ts';

/**
 * Called with each error that no caller handles. Returns false when the process must end.
 */
export type UncaughtErrorHandler = (error: unknown, origin: NodeJS.UncaughtExceptionOrigin) => boolean;

export interface UncaughtErrorOptions {
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
 */
export function handleUncaughtErrors(options: UncaughtErrorOptions): UncaughtErrorHandler {
  const { log, errors, onStoreClientFailed } = options;
  return (cause, origin) => {
    const isStoreClient = isClientBug(cause);
    if (isStoreClient || isFromTelemetry(cause)) {
      errors.report(cause, 'library');
      if (isStoreClient) onStoreClientFailed();
      return true;
    }
    switch (origin) {
      case 'unhandledRejection':
        log.error({ event: 'process.unhandled-rejection', cause }, 'unhandled rejection');
        return true;
      case 'uncaughtException':
        log.error({ event: 'process.uncaught-exception', cause }, 'uncaught exception: the process ends');
        return false;
      default:
        return origin satisfies never;
    }
  };
}

function isFromTelemetry(error: unknown): boolean {
  return error instanceof Error && telemetryLibrary.test(error.stack ?? '');
}
