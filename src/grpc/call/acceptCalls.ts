import type { StreamListener } from '../http2/http2Stream.ts';
import type { RequestHead } from '../http2/requestHead.ts';
import type { AcceptRequest, TakeStream } from '../http2/streams.ts';
import type { StreamHandler } from '../serverStream.ts';
import { isEncoding } from './encoding.ts';
import { type CallOptions, GrpcCall } from './grpcCall.ts';
import { failure, httpFailure, type StatusName } from './status.ts';
import { timeoutMs } from './timeout.ts';

const grpcContentType = /^application\/grpc($|[+;])/;
const methodNotAllowed = httpFailure(405);
const unsupportedMediaType = httpFailure(415);

/** For a call that was answered already. */
const ignoreAll: StreamListener = { onData() {}, onEnd() {}, onGone() {} };

/** Makes calls out of requests, or answers at once what is none ("gRPC over HTTP2", requests). */
export function acceptCalls(
  methods: ReadonlyMap<string, StreamHandler>,
  maxMessageBytes: number,
): AcceptRequest {
  return (head) => {
    if (head.method !== 'POST') return answerAtEnd(methodNotAllowed);
    if (!grpcContentType.test(head.contentType ?? '')) return answerAtEnd(unsupportedMediaType);
    const { path = '', grpcEncoding: encoding = 'identity' } = head;
    const method = methods.get(path);
    if (method === undefined) return refuse('UNIMPLEMENTED', `there is no method ${path}`);
    if (!isEncoding(encoding)) return refuse('UNIMPLEMENTED', `grpc-encoding ${encoding} is not known`);
    const timeout = timeoutOf(head);
    if (timeout === 'none') return refuse('INTERNAL', `grpc-timeout ${head.grpcTimeout} is no time`);
    const options: CallOptions = { encoding, timeoutMs: timeout, maxMessageBytes };
    return (stream) => new GrpcCall(stream, options).begin(method);
  };
}

function timeoutOf({ grpcTimeout }: RequestHead): number | undefined | 'none' {
  return grpcTimeout === undefined ? undefined : (timeoutMs(grpcTimeout) ?? 'none');
}

/** At once: a client of a stream may wait for an answer before it says more. */
function refuse(status: StatusName, message: string): TakeStream {
  const answer = failure(status, message, true);
  return (stream) => {
    stream.end(answer);
    return ignoreAll;
  };
}

/** A client that is none of gRPC's may read the answer only when it has sent its request. */
function answerAtEnd(block: Uint8Array): TakeStream {
  return (stream) => ({ onData() {}, onEnd: () => stream.end(block), onGone() {} });
}
