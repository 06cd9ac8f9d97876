import { pino } from 'pino';
import { escapeControlsInLines } from '../controlCharacters.ts';
import type { LineSink } from './lineSink.ts';
import type { Log, LogLevel } from './log.ts';

export interface LogOptions {
  readonly level: LogLevel;
  /** Fields on each line: the instance, the release. */
  readonly base: Readonly<Record<string, string>>;
  readonly sink: Pick<LineSink, 'write'>;
}

/** A log whose level may change while it is in use. */
export interface AdjustableLog extends Log {
  level: string;
}

/**
 * Writes JSON lines with pino: `time` in ISO 8601, `level` as a word, the base fields on each line.
 * Errors under `err`, `error` or `cause` are written with message, stack and causes. Control
 * characters are escaped, those that JSON allows as well. Lines go to a sink of our own, because
 * pino's destinations wait without limit for a blocked reader when the process ends.
 */
export function createLog({ level, base, sink }: LogOptions): AdjustableLog {
  const { errWithCause } = pino.stdSerializers;
  const options = {
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errWithCause, error: errWithCause, cause: errWithCause },
  };
  return pino(options, { write: (line: string) => sink.write(escapeControlsInLines(line)) });
}
