/** Why a stream is refused, as gRPC status codes name it. */
export type FailureStatus =
  | 'UNAVAILABLE'
  | 'RESOURCE_EXHAUSTED'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'INTERNAL';

/** One gRPC stream as a transport offers it: what may be said to the client. */
export interface ServerStream {
  /** @param message in its wire form; copied before this returns */
  reply(message: Uint8Array): void;
  /** Ends it with OK. Envoy lets the exchange go on. */
  end(): void;
  /** Ends it with an error. Envoy fails the request, retries, or goes on without us, as it is configured. */
  fail(code: FailureStatus, message: string): void;
}

/** What a transport tells of a stream. After `onEnd` or `onGone` nothing more comes. */
export interface ServerStreamListener {
  /** @param message in its wire form; only good until this returns */
  onMessage(message: Buffer): void;
  /** The client has said all it will say. */
  onEnd(): void;
  /** The stream is over without an end: reset, connection lost. May also come after `onEnd`. */
  onClosed(how: 'cancelled' | 'error'): void;
}

/** Takes each new stream. */
export type StreamHandler = (stream: ServerStream) => ServerStreamListener;
