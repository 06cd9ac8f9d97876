import { containErrors, type OnUnexpectedError } from '../containErrors.ts';
import { encodeFields } from '../hpack/encodeFields.ts';
import type { RequestHead } from '../http2/requestHead.ts';
import type { StreamListener } from '../http2/streamOwner.ts';
import type { AcceptStream, RouteRequest } from '../http2/streamsOptions.ts';
import type { StreamHandler } from '../serverStream.ts';
import { allEncodings, type Encoding, uncompressed } from './encoding.ts';
import { type CallOptions, GrpcCall } from './grpcCall.ts';
import { parseTimeout } from './parseTimeout.ts';
import { failure, httpFailure, type StatusName } from './status.ts';

const grpcContentType = /^application\/grpc($|[+;])/;
const methodNotAllowed = httpFailure(405);
const unsupportedMediaType = httpFailure(415);

/** For a stream that is already answered. */
const ignoreAll: StreamListener = { onData() {}, onEnd() {}, onClosed() {} };

export interface CallsOptions {
  readonly handlers: ReadonlyMap<string, StreamHandler>;
  readonly maxMessageBytes: number;
  /** Whether messages may be compressed. */
  readonly acceptsCompressed: boolean;
  readonly onUnexpectedError: OnUnexpectedError;
}

/**
 * Starts a call for each gRPC request, and answers other requests ("gRPC over HTTP2", section
 * Requests).
 */
export function acceptCalls(options: CallsOptions): RouteRequest {
  const { handlers, maxMessageBytes, acceptsCompressed, onUnexpectedError } = options;
  const encodings = acceptsCompressed ? allEncodings : uncompressed;
  const contained = new Map<string, StreamHandler>();
  for (const [path, handler] of handlers) contained.set(path, containErrors(handler, onUnexpectedError));
  return (head) => {
    if (head.method !== 'POST') return answerAtEnd(methodNotAllowed);
    if (!grpcContentType.test(head.contentType ?? '')) return answerAtEnd(unsupportedMediaType);
    const { path = '', grpcEncoding = 'identity', traceparent } = head;
    const handler = contained.get(path);
    if (handler === undefined) return fail('UNIMPLEMENTED', `unknown method ${path}`);
    const encoding = encodings.find((each) => each === grpcEncoding);
    if (encoding === undefined) return answer(unsupportedEncoding(grpcEncoding, encodings));
    const timeoutMs = timeoutOf(head);
    if (timeoutMs === 'invalid') return fail('INTERNAL', `invalid grpc-timeout ${head.grpcTimeout}`);
    const callOptions: CallOptions = { encoding, timeoutMs, maxMessageBytes, traceparent };
    return (stream) => new GrpcCall(stream, callOptions).begin(handler);
  };
}

function timeoutOf({ grpcTimeout }: RequestHead): number | undefined | 'invalid' {
  return grpcTimeout === undefined ? undefined : (parseTimeout(grpcTimeout) ?? 'invalid');
}

function fail(status: StatusName, message: string): AcceptStream {
  return answer(failure(status, message, true));
}

/** Names the supported ones, as gRPC's "Compression" requires. */
function unsupportedEncoding(name: string, supported: readonly Encoding[]): Buffer {
  const response = failure('UNIMPLEMENTED', `unsupported grpc-encoding ${name}`, true);
  return Buffer.concat([response, encodeFields([['grpc-accept-encoding', supported.join(',')]])]);
}

/** Answers at once: the client of a stream may wait for an answer before it sends more. */
function answer(response: Uint8Array): AcceptStream {
  return (stream) => {
    stream.end(response);
    return ignoreAll;
  };
}

/** A client that does not speak gRPC may read the response only after it has sent its request. */
function answerAtEnd(response: Uint8Array): AcceptStream {
  return (stream) => ({ onData() {}, onEnd: () => stream.end(response), onClosed() {} });
}
