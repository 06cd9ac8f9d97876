import { encodeFields } from '../hpack/encodeFields.ts';

/** The gRPC status codes that this server sends. */
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
 * The longest `grpc-message`, encoded. It may quote the peer, whose header blocks can repeat a long
 * text in a few bytes: this bounds what such a request costs.
 */
const maxMessageLength = 256;

/** The header block in front of the first message (Response-Headers). */
export const responseHeaders = encodeFields([
  [':status', '200'],
  ['content-type', 'application/grpc'],
]);

/** The Trailers of a call that succeeded, and its Trailers-Only response when it has no message. */
export const okTrailers = encodeFields([['grpc-status', '0']]);
export const okWithoutMessages = encodeFields([
  [':status', '200'],
  ['content-type', 'application/grpc'],
  ['grpc-status', '0'],
]);

/** @param isTrailersOnly no response headers were sent before */
export function failure(status: StatusName, message: string, isTrailersOnly: boolean): Buffer {
  const trailers = encodeFields([
    ['grpc-status', String(statusCode[status])],
    ['grpc-message', percentEncode(message)],
  ]);
  return isTrailersOnly ? Buffer.concat([responseHeaders, trailers]) : trailers;
}

/** The response to a request that is not gRPC. */
export function httpFailure(status: number): Buffer {
  return encodeFields([[':status', String(status)]]);
}

/** Encodes all but printable ASCII, and `%`. Cut off at `maxMessageLength`. */
function percentEncode(message: string): string {
  let text = '';
  for (const byte of Buffer.from(message)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    const next = isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (text.length + next.length > maxMessageLength) break;
    text += next;
  }
  return text;
}
