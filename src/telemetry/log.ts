/**
 * What a part of the program needs to be able to say. Parts take it by injection and know no logging library.
 * `fields` are for machines (times in ms, names ending in Ms), `message` is for people. Neither blocks nor
 * throws.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Weakest first. `silent` says nothing at all. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** For those who have nobody to tell. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
