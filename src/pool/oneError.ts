import { BatonError } from '../errors.ts';

/** One error for those of several sources; a bug among them is not a boundary error. */
export function oneError(errors: readonly Error[]): Error | undefined {
  const [first] = errors;
  if (errors.length === 1) return first;
  const message = errors.map((error) => error.message).join('; ');
  const cause = new AggregateError(errors, message);
  const isBug = errors.some((error) => !(error instanceof BatonError));
  return first instanceof BatonError && !isBug ? new BatonError(first.code, message, { cause }) : cause;
}
