/** The gRPC status codes with which a handler may fail a call. */
export type FailureStatus =
  | 'UNAVAILABLE'
  | 'RESOURCE_EXHAUSTED'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'INTERNAL';

/** The longest first piece of a message of two. */
export const longestHeadBytes = 256;

/** The server's side of one gRPC call. Calls after `end`, `fail` or `onClosed` do nothing. */
export interface ServerStream {
  /** The same value for all calls of one connection, and for no others while it is open. */
  readonly connection: unknown;
  /** W3C Trace Context in the metadata of the call, not parsed; undefined: none. */
  readonly traceparent: string | undefined;
  /** @param message the encoded message; it is copied before this returns */
  reply(message: Uint8Array): void;
  /**
   * One message of two pieces, so that its content needs no copy of its own.
   *
   * @param head at most `longestHeadBytes`
   */
  replyOf(head: Uint8Array, content: Uint8Array): void;
  /** Ends the call with status OK. */
  end(): void;
  /** Ends the call with an error status. */
  fail(code: FailureStatus, message: string): void;
}

/** Takes a message as it arrives. `bytes[start, end)` is valid only until `onPart` returns. */
export interface MessageParts {
  onPart(bytes: Buffer, start: number, end: number): void;
  /** The last part was the last one. */
  onWhole(): void;
}

/** The client's side of one gRPC call. Nothing follows `onClosed`. */
export interface ServerStreamListener {
  /**
   * The method has one request message, so the client has to end its side behind it. Read when the
   * call begins. Default: false.
   */
  readonly takesOneMessage?: boolean;
  /** @param message the encoded message; the bytes are valid only until this returns */
  onMessage(message: Buffer): void;
  /**
   * A message begins that does not arrive at once. The builtin server asks for each that is not
   * compressed.
   *
   * @returns what takes it as it arrives: it may then have any size, and none of it is kept.
   *   undefined: it is collected, and comes to `onMessage`
   */
  onLongMessage?(firstByte: number): MessageParts | undefined;
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
