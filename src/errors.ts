/**
 * The errors that Baton raises on purpose. Each has a code, and the code alone decides the exit code of a
 * process that ends with it. Any other error is a bug (EX_SOFTWARE).
 */

/** Exit codes, after sysexits.h where it has one. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_UNAVAILABLE: an address cannot be listened on, or the other side cannot be reached. */
  unavailable: 69,
  /** EX_SOFTWARE: a bug in Baton. */
  bug: 70,
  /** EX_CONFIG: the configuration, or a file that it names, is wrong. */
  config: 78,
} as const;

const exitCodeOfError = {
  'usage-invalid': exitCodes.usage,
  'config-invalid': exitCodes.config,
  'endpoints-invalid': exitCodes.config,
  'endpoints-unreadable': exitCodes.config,
  'tls-invalid': exitCodes.config,
  'listen-failed': exitCodes.unavailable,
  'store-unreachable': exitCodes.unavailable,
  'admin-unreachable': exitCodes.unavailable,
  'tool-missing': exitCodes.unavailable,
  'record-unreadable': exitCodes.failed,
} as const;

export type ErrorCode = keyof typeof exitCodeOfError;

export class BatonError extends Error {
  override readonly name = 'BatonError';
  readonly code: ErrorCode;

  /** @param message one sentence: what was wrong, where, and what would be right */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get exitCode(): number {
    return exitCodeOfError[this.code];
  }
}
