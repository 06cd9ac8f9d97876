import { ConnectionError, errorCode, flag } from './protocol.ts';

/** Where the payload proper of a frame lies. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The obsolete fields of a HEADERS frame. */
const priorityBytes = 5;

/**
 * Takes padding and priority off a DATA or HEADERS frame.
 *
 * @param mayHave the other flag that a frame of this type may have: `flag.priority`, or none
 * @throws ConnectionError when they are longer than the frame
 */
export function payloadOf(flags: number, mayHave: number, bytes: Buffer, start: number, end: number): Span {
  const isPadded = (flags & flag.padded) !== 0;
  if (isPadded && end === start)
    throw new ConnectionError(errorCode.frameSizeError, 'a frame of a wrong size');
  const paddingBytes = isPadded ? (bytes[start] as number) : 0;
  const span = {
    start: start + (isPadded ? 1 : 0) + (flags & mayHave ? priorityBytes : 0),
    end: end - paddingBytes,
  };
  if (span.start > end) throw new ConnectionError(errorCode.frameSizeError, 'a frame of a wrong size');
  if (span.start > span.end) throw new ConnectionError(errorCode.protocolError, 'more padding than frame');
  return span;
}
