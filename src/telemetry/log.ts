/**
 * The log that each part is given; only `logger.ts` knows the logging library. `fields` are for
 * programs (times in ms, with names that end in Ms), `message` is for people. A call neither blocks
 * nor throws.
 */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export interface LogFields {
  /** Stable, for programs: the area and what happened, such as `phase.changed`. */
  readonly event: string;
  /** The error behind it, written with message, stack and causes. */
  readonly cause?: unknown;
  readonly [name: string]: unknown;
}

/** Most verbose first. `silent` writes nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The same log, with these fields on each line as well. */
export function logWith(log: Log, fields: Readonly<Record<string, unknown>>): Log {
  const write = (level: keyof Log) => (given: LogFields, message: string) =>
    log[level]({ ...fields, ...given }, message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
