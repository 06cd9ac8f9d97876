/**
 * The errors that Baton raises on purpose. Each has a code, and the code alone decides the exit
 * code of a process that ends with it. Any other error is a bug (EX_SOFTWARE).
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

const exitCodeByCode = {
  'usage-invalid': exitCodes.usage,
  'config-invalid': exitCodes.config,
  'endpoints-invalid': exitCodes.config,
  'endpoints-unreadable': exitCodes.config,
  'tls-invalid': exitCodes.config,
  'extension-invalid': exitCodes.config,
  'listen-failed': exitCodes.unavailable,
  'store-unreachable': exitCodes.unavailable,
  'store-refused': exitCodes.unavailable,
  'admin-unreachable': exitCodes.unavailable,
  'target-unreachable': exitCodes.unavailable,
  'tool-missing': exitCodes.unavailable,
  'record-unreadable': exitCodes.failed,
  'pool-unknown': exitCodes.failed,
  /** The request is valid, but cannot be carried out in the present state. */
  'change-refused': exitCodes.failed,
} as const;

export type ErrorCode = keyof typeof exitCodeByCode;

export interface BatonErrorOptions extends ErrorOptions {
  /** Further lines for people, such as one for each problem in the configuration. */
  readonly details?: readonly string[];
}

export class BatonError extends Error {
  override readonly name = 'BatonError';
  readonly code: ErrorCode;
  readonly details: readonly string[];

  /** @param message one sentence: what was wrong, where, and what would be right */
  constructor(code: ErrorCode, message: string, { details = [], ...options }: BatonErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  get exitCode(): number {
    return exitCodeByCode[this.code];
  }
}

/** Causes may form a circle. */
const longestChain = 8;

/**
 * The error and its causes, outermost first. What is thrown without being an error is not in it.
 */
export function causeChain(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let cause = error; isErrorLike(cause) && chain.length < longestChain; cause = cause.cause) {
    chain.push(cause);
  }
  return chain;
}

/** Not instanceof: errors of another realm, and DOMException, count as well. */
function isErrorLike(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'message' in value;
}

/**
 * The exit code of a process that ends with this error: that of the outermost BatonError in the
 * chain.
 */
export function exitCodeOf(error: unknown): number {
  const known = causeChain(error).find((cause) => cause instanceof BatonError);
  return known?.exitCode ?? exitCodes.bug;
}
