import { ConnectionError, errorCode, flag } from './protocol.ts';

/** Where the content of a frame lies. */
export interface Payload {
  readonly start: number;
  readonly end: number;
}

/** The deprecated priority fields of a HEADERS frame (RFC 9113, section 6.2). */
const priorityBytes = 5;

/**
 * Removes padding and priority from a DATA or HEADERS frame.
 *
 * @param otherFlag the further flag that this type of frame may carry: `flag.priority`, or 0
 * @throws ConnectionError when they are longer than the frame
 */
export function payloadOf(
  flags: number,
  otherFlag: number,
  bytes: Buffer,
  start: number,
  end: number,
): Payload {
  const isPadded = (flags & flag.padded) !== 0;
  if (isPadded && end === start) throw tooShort();
  const paddingBytes = isPadded ? (bytes[start] as number) : 0;
  const payload = {
    start: start + (isPadded ? 1 : 0) + (flags & otherFlag ? priorityBytes : 0),
    end: end - paddingBytes,
  };
  if (payload.start > end) throw tooShort();
  if (payload.start > payload.end) {
    throw new ConnectionError(errorCode.protocolError, 'the padding is longer than the frame');
  }
  return payload;
}

function tooShort(): ConnectionError {
  return new ConnectionError(errorCode.frameSizeError, 'the frame is too short');
}
