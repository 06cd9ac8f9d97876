import { ConnectionError, errorCode, flag } from './protocol.ts';

/** Where the payload proper of a frame lies. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Takes padding and leading fields off a frame.
 *
 * @param fieldBytes fields between the length of the padding and the payload
 * @throws ConnectionError when they are longer than the frame
 */
export function payloadOf(
  flags: number,
  fieldBytes: number,
  bytes: Buffer,
  start: number,
  end: number,
): Span {
  const isPadded = (flags & flag.padded) !== 0;
  if (isPadded && end === start)
    throw new ConnectionError(errorCode.frameSizeError, 'a frame of a wrong size');
  const paddingBytes = isPadded ? (bytes[start] as number) : 0;
  const span = { start: start + (isPadded ? 1 : 0) + fieldBytes, end: end - paddingBytes };
  if (span.start > end) throw new ConnectionError(errorCode.frameSizeError, 'a frame of a wrong size');
  if (span.start > span.end) throw new ConnectionError(errorCode.protocolError, 'more padding than frame');
  return span;
}
