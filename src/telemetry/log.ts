/**
 * The log that each part is given; only `logger.ts` knows the logging library. `fields` are for
 * programs (times in ms, with names that end in Ms), `message` is for people. A call neither blocks
 * nor throws.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Most verbose first. `silent` writes nothing. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
