import type { ProcessingRequest__Output } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingRequest.ts';
import type { ProcessingResponse } from '../proto/generated/edge/envoy/service/ext_proc/v3/ProcessingResponse.ts';

/** Why a stream is refused, as gRPC status codes name it. */
export type Refusal = 'UNAVAILABLE' | 'RESOURCE_EXHAUSTED' | 'INVALID_ARGUMENT' | 'INTERNAL';

/** One ext_proc stream as a transport offers it: what may be said to Envoy. */
export interface EdgeStream {
  reply(message: ProcessingResponse): void;
  /** Ends it with OK. Envoy lets the exchange go on. */
  finish(): void;
  /** Ends it with an error. Envoy fails the request, retries, or goes on without us, as it is configured. */
  refuse(code: Refusal, message: string): void;
}

/** What a transport tells of a stream. After `onEnd` or `onGone` nothing more comes. */
export interface EdgeStreamListener {
  onMessage(message: ProcessingRequest__Output): void;
  /** Envoy has said all it will say. */
  onEnd(): void;
  /** The stream is over without an end: reset, connection lost. May also come after `onEnd`. */
  onGone(how: 'cancelled' | 'error'): void;
}

/** Takes each new stream. */
export type AcceptStream = (stream: EdgeStream) => EdgeStreamListener;
