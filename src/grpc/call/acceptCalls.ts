import { containErrors, type OnUnexpectedError } from '../containErrors.ts';
import type { StreamListener } from '../http2/http2Stream.ts';
import type { RequestHead } from '../http2/requestHead.ts';
import type { AcceptStream, RouteRequest } from '../http2/streams.ts';
import type { StreamHandler } from '../serverStream.ts';
import { isEncoding } from './encoding.ts';
import { type CallOptions, GrpcCall } from './grpcCall.ts';
import { parseTimeout } from './parseTimeout.ts';
import { failure, httpFailure, type StatusName } from './status.ts';

const grpcContentType = /^application\/grpc($|[+;])/;
const methodNotAllowed = httpFailure(405);
const unsupportedMediaType = httpFailure(415);

/** For a stream that is already answered. */
const ignoreAll: StreamListener = { onData() {}, onEnd() {}, onClosed() {} };

/**
 * Starts a call for each gRPC request, and answers other requests ("gRPC over HTTP2", section
 * Requests).
 */
export function acceptCalls(
  handlers: ReadonlyMap<string, StreamHandler>,
  maxMessageBytes: number,
  onUnexpectedError: OnUnexpectedError,
): RouteRequest {
  const contained = new Map<string, StreamHandler>();
  for (const [path, handler] of handlers) contained.set(path, containErrors(handler, onUnexpectedError));
  return (head) => {
    if (head.method !== 'POST') return answerAtEnd(methodNotAllowed);
    if (!grpcContentType.test(head.contentType ?? '')) return answerAtEnd(unsupportedMediaType);
    const { path = '', grpcEncoding: encoding = 'identity' } = head;
    const handler = contained.get(path);
    if (handler === undefined) return fail('UNIMPLEMENTED', `unknown method ${path}`);
    if (!isEncoding(encoding)) return fail('UNIMPLEMENTED', `unsupported grpc-encoding ${encoding}`);
    const timeoutMs = timeoutOf(head);
    if (timeoutMs === 'invalid') return fail('INTERNAL', `invalid grpc-timeout ${head.grpcTimeout}`);
    const options: CallOptions = { encoding, timeoutMs, maxMessageBytes };
    return (stream) => new GrpcCall(stream, options).begin(handler);
  };
}

function timeoutOf({ grpcTimeout }: RequestHead): number | undefined | 'invalid' {
  return grpcTimeout === undefined ? undefined : (parseTimeout(grpcTimeout) ?? 'invalid');
}

/** Answers at once: the client of a stream may wait for an answer before it sends more. */
function fail(status: StatusName, message: string): AcceptStream {
  const response = failure(status, message, true);
  return (stream) => {
    stream.end(response);
    return ignoreAll;
  };
}

/** A client that does not speak gRPC may read the response only after it has sent its request. */
function answerAtEnd(response: Uint8Array): AcceptStream {
  return (stream) => ({ onData() {}, onEnd: () => stream.end(response), onClosed() {} });
}
