import { LineSink } from './lineSink.ts';
import type { LogLevel } from './log.ts';
import { type AdjustableLog, createLog } from './logger.ts';

/** How long the end of the process waits for a slow reader of the log. */
const flushTimeoutMs = 1_000;

export interface ProcessLogOptions {
  readonly level: LogLevel;
  /** On each line. */
  readonly instance: { readonly id: string; readonly release: string };
  /** The file descriptor of the log; standard output by default. */
  readonly fd?: number;
  /** Texts that are replaced by stars in each line. */
  readonly secrets?: readonly string[];
}

export interface ProcessLog {
  readonly log: AdjustableLog;
  /** The number of lines that were not written. */
  readonly dropped: () => number;
  /** Writes the last lines, for at most a second; drops later ones. Never rejects; idempotent. */
  close(): Promise<void>;
}

/**
 * The log of a process, and the sink behind it. Every command that logs opens one and closes it at
 * its end.
 */
export function openProcessLog({ level, instance, fd = 1, secrets = [] }: ProcessLogOptions): ProcessLog {
  const { id, release } = instance;
  const sink = new LineSink({ fd });
  const hide = (line: string): string =>
    secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
  const log = createLog({
    level,
    base: { instance: id, release },
    sink: { write: (line) => sink.write(hide(line)) },
  });
  const closeOnce = async (): Promise<void> => {
    if (sink.dropped > 0) {
      const { dropped: lines } = sink;
      log.warn({ event: 'log.lines-dropped', lines }, 'log lines dropped: their reader is too slow');
    }
    await sink.flush(flushTimeoutMs);
    sink.close();
  };
  let closed: Promise<void> | undefined;
  return {
    log,
    dropped: () => sink.dropped,
    close() {
      closed ??= closeOnce();
      return closed;
    },
  };
}
