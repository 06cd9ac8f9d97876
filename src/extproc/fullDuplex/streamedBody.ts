import type { ServerStream } from '../../grpc/serverStream.ts';

/** Which body a piece belongs to. */
export type BodyKind = 'request_body' | 'response_body';

/** The longest piece that goes back, in bytes: some builds of Envoy refuse 64 KiB. */
export const longestPieceBytes = 62_000;

/** Field numbers, as in proto/. Each is below 16 and has length-delimited content. */
const processingResponse = { request_body: 3, response_body: 4 } as const;
/** BodyResponse.response, CommonResponse.body_mutation, BodyMutation.streamed_response. */
const outerFields = [1, 3, 3] as const;
const streamedBody = { body: 1, endOfStream: 2 } as const;

/** All pieces share it: a reply is copied before the next one is made. */
const scratch = Buffer.alloc(64);
const lengths = [0, 0, 0, 0];

/**
 * Gives a part of a body back to Envoy, which in the mode FULL_DUPLEX_STREAMED keeps no copy: as
 * `body_mutation.streamed_response`, in pieces. The bytes are not copied here.
 *
 * @param isEnd the body ends with this part, which may be empty
 */
export function sendBack(stream: ServerStream, kind: BodyKind, bytes: Buffer, isEnd: boolean): void {
  for (let start = 0; start < bytes.length; start += longestPieceBytes) {
    const piece = bytes.subarray(start, start + longestPieceBytes);
    const isLast = start + longestPieceBytes >= bytes.length;
    stream.replyOf(headOf(kind, piece.length, isEnd && isLast), piece);
  }
  if (isEnd && bytes.length === 0) stream.replyOf(headOf(kind, 0, true), bytes);
}

/** A ProcessingResponse up to the bytes of the body, which are its end. */
function headOf(kind: BodyKind, bodyBytes: number, isEnd: boolean): Buffer {
  let length = (isEnd ? 2 : 0) + (bodyBytes === 0 ? 0 : fieldBytes(bodyBytes));
  for (let depth = lengths.length - 1; depth >= 0; depth -= 1) {
    lengths[depth] = length;
    length = fieldBytes(length);
  }
  let at = writeField(0, processingResponse[kind], lengths[0] as number);
  for (const [depth, field] of outerFields.entries()) {
    at = writeField(at, field, lengths[depth + 1] as number);
  }
  if (isEnd) {
    scratch[at] = streamedBody.endOfStream * 8;
    scratch[at + 1] = 1;
    at += 2;
  }
  if (bodyBytes > 0) at = writeField(at, streamedBody.body, bodyBytes);
  return scratch.subarray(0, at);
}

/** The length of a field with content of this length, below 2^21 bytes. */
function fieldBytes(contentBytes: number): number {
  const lengthBytes = contentBytes < 0x80 ? 1 : contentBytes < 0x4000 ? 2 : 3;
  return 1 + lengthBytes + contentBytes;
}

/** @returns the offset behind the tag and the length */
function writeField(start: number, field: number, contentBytes: number): number {
  scratch[start] = field * 8 + 2;
  let at = start + 1;
  let rest = contentBytes;
  for (; rest >= 0x80; rest >>>= 7) {
    scratch[at] = (rest & 0x7f) | 0x80;
    at += 1;
  }
  scratch[at] = rest;
  return at + 1;
}
