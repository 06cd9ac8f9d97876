import type { Http2ErrorCode } from './protocol.ts';
import type { SendFlow } from './sendFlow.ts';

/** Receives what the peer sends on one stream. Nothing follows `onClosed`. */
export interface StreamListener {
  /** `bytes[start, end)` is valid only until the call returns. */
  onData(bytes: Buffer, start: number, end: number): void;
  onEnd(): void;
  /** The stream was reset, or its connection is lost. */
  onClosed(how: 'cancelled' | 'error'): void;
}

/** The connection, as its streams see it. */
export interface StreamOwner {
  readonly flow: SendFlow;
  /** How many of its streams are awaited. */
  awaited: number;
  /** Nothing of the stream waits for a window any more. */
  onSent(id: number): void;
  /** The stream is closed: both sides have ended it. */
  remove(id: number): void;
  /** Runs what no frame causes; what it throws ends the connection, and nothing else. */
  contain(work: () => void): void;
  /** Sends RST_STREAM and removes the stream. */
  reset(id: number, code: Http2ErrorCode): void;
  /** Partial messages occupy `bytes` more (or less). False: more than one connection may occupy. */
  reserveBuffer(bytes: number): boolean;
}
