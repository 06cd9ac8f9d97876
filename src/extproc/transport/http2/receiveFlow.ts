import type { FrameWriter } from './frameWriter.ts';
import type { Http2Stream } from './http2Stream.ts';
import { ConnectionError, defaultWindowBytes, type ErrorCode, errorCode } from './protocol.ts';

/** What a peer may send ahead on one stream, and on all of a connection together. */
export const streamWindowBytes = 256 * 1024;
export const connectionWindowBytes = 4 * 1024 * 1024;

/**
 * What the peer may still send. Everything is used up as it comes, so a window is given back whenever half of
 * it is gone; most streams end before.
 */
export class ReceiveFlow {
  readonly #frames: FrameWriter;
  #windowBytes = connectionWindowBytes;

  constructor(frames: FrameWriter) {
    this.#frames = frames;
  }

  /** Behind the first SETTINGS frame, which cannot change this window. */
  open(): void {
    this.#frames.windowUpdate(0, connectionWindowBytes - defaultWindowBytes);
  }

  /** @throws ConnectionError when the peer sends more than it may */
  onConnection(bytes: number): void {
    this.#windowBytes -= bytes;
    if (this.#windowBytes < 0) {
      throw new ConnectionError(errorCode.flowControlError, "more than the connection's window");
    }
    if (this.#windowBytes > connectionWindowBytes / 2) return;
    this.#frames.windowUpdate(0, connectionWindowBytes - this.#windowBytes);
    this.#windowBytes = connectionWindowBytes;
  }

  /** @returns the peer's mistake, if it sends more than it may */
  onStream(stream: Http2Stream, bytes: number, isLast: boolean): ErrorCode | undefined {
    stream.receiveWindowBytes -= bytes;
    if (stream.receiveWindowBytes < 0) return errorCode.flowControlError;
    if (isLast || stream.receiveWindowBytes > streamWindowBytes / 2) return undefined;
    this.#frames.windowUpdate(stream.id, streamWindowBytes - stream.receiveWindowBytes);
    stream.receiveWindowBytes = streamWindowBytes;
    return undefined;
  }
}
