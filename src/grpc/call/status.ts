import { encodeFields } from '../hpack/encodeFields.ts';

/** The gRPC status codes that this port answers with. */
export const statusCode = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

export type StatusName = keyof typeof statusCode;

/**
 * As it is sent, in characters. A peer's own words may be in it, which a request that refers to its table repeats
 * for a few bytes: what it gets for them is bounded.
 */
const longestMessage = 256;

/** The header block in front of the first message. */
export const responseHeaders = encodeFields([
  [':status', '200'],
  ['content-type', 'application/grpc'],
]);

/** The header block behind the last message of a call that went well, and the whole answer without any. */
export const okTrailers = encodeFields([['grpc-status', '0']]);
export const okWithoutMessages = encodeFields([
  [':status', '200'],
  ['content-type', 'application/grpc'],
  ['grpc-status', '0'],
]);

/** @param isFirst nothing was sent before: this is the whole answer */
export function failure(status: StatusName, message: string, isFirst: boolean): Buffer {
  const trailers = encodeFields([
    ['grpc-status', String(statusCode[status])],
    ['grpc-message', percentEncoded(message)],
    // A client whose encoding is not known must be told which are.
    ...(status === 'UNIMPLEMENTED' ? [['grpc-accept-encoding', 'identity,deflate,gzip'] as const] : []),
  ]);
  return isFirst ? Buffer.concat([responseHeaders, trailers]) : trailers;
}

/** An answer to what is no gRPC request. */
export function httpFailure(status: number): Buffer {
  return encodeFields([[':status', String(status)]]);
}

/** All but printable ASCII, and the sign of the encoding itself, as far as there is room. */
function percentEncoded(message: string): string {
  let text = '';
  for (const byte of Buffer.from(message)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    const next = isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (text.length + next.length > longestMessage) break;
    text += next;
  }
  return text;
}
