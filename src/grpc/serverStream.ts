/** The gRPC status codes with which a handler may fail a call. */
export type FailureStatus =
  | 'UNAVAILABLE'
  | 'RESOURCE_EXHAUSTED'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'INTERNAL';

/** The server's side of one gRPC call. Calls after `end`, `fail` or `onClosed` do nothing. */
export interface ServerStream {
  /** @param message the encoded message; it is copied before this returns */
  reply(message: Uint8Array): void;
  /** Ends the call with status OK. */
  end(): void;
  /** Ends the call with an error status. */
  fail(code: FailureStatus, message: string): void;
}

/** The client's side of one gRPC call. Nothing follows `onClosed`. */
export interface ServerStreamListener {
  /** @param message the encoded message; the bytes are valid only until this returns */
  onMessage(message: Buffer): void;
  /** The client has sent its last message. */
  onEnd(): void;
  /**
   * The call is over before the server ended it: reset, deadline, lost connection. Can follow
   * `onEnd`.
   */
  onClosed(how: 'cancelled' | 'error'): void;
}

/** Accepts a call and returns its listener. */
export type StreamHandler = (stream: ServerStream) => ServerStreamListener;
