import type { AcceptStream } from '../../edgeStream.ts';
import type { Http2Stream, StreamListener } from '../http2/http2Stream.ts';
import type { RequestHead } from '../http2/requestHead.ts';
import type { AcceptRequest } from '../http2/streams.ts';
import { isEncoding } from './encoding.ts';
import { GrpcCall } from './grpcCall.ts';
import { failure, httpFailure, type StatusName } from './status.ts';
import { timeoutMs } from './timeout.ts';

const grpcContentType = /^application\/grpc($|[+;])/;
const methodNotAllowed = httpFailure(405);
const unsupportedMediaType = httpFailure(415);

/** For a call that was answered already. */
const deaf: StreamListener = { onData() {}, onEnd() {}, onGone() {} };

/** Makes calls out of requests, or answers at once what is none ("gRPC over HTTP2", requests). */
export function acceptCalls(
  methods: ReadonlyMap<string, AcceptStream>,
  maxMessageBytes: number,
): AcceptRequest {
  return (head, stream) => {
    if (head.method !== 'POST') return answerAtEnd(stream, methodNotAllowed);
    if (!grpcContentType.test(head.contentType ?? '')) return answerAtEnd(stream, unsupportedMediaType);
    const { path = '', grpcEncoding: encoding = 'identity' } = head;
    const method = methods.get(path);
    if (method === undefined) return refuse(stream, 'UNIMPLEMENTED', `there is no method ${path}`);
    if (!isEncoding(encoding)) {
      return refuse(stream, 'UNIMPLEMENTED', `grpc-encoding ${encoding} is not known`);
    }
    const timeout = timeoutOf(head);
    if (timeout === 'none') return refuse(stream, 'INTERNAL', `grpc-timeout ${head.grpcTimeout} is no time`);
    return new GrpcCall(stream, { encoding, timeoutMs: timeout, maxMessageBytes }).begin(method);
  };
}

function timeoutOf({ grpcTimeout }: RequestHead): number | undefined | 'none' {
  return grpcTimeout === undefined ? undefined : (timeoutMs(grpcTimeout) ?? 'none');
}

/** At once: a client of a stream may wait for an answer before it says more. */
function refuse(stream: Http2Stream, status: StatusName, message: string): StreamListener {
  stream.end(failure(status, message, true));
  return deaf;
}

/** A client that is none of gRPC's may read the answer only when it has sent its request. */
function answerAtEnd(stream: Http2Stream, block: Uint8Array): StreamListener {
  return { onData() {}, onEnd: () => stream.end(block), onGone() {} };
}
