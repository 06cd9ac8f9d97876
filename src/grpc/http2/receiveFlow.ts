import type { FrameWriter } from './frameWriter.ts';
import type { Http2Stream } from './http2Stream.ts';
import { defaultWindowBytes } from './protocol.ts';

/** The windows that this server gives to its peers. */
export const streamWindowBytes = 256 * 1024;
export const connectionWindowBytes = 4 * 1024 * 1024;

/**
 * The receive windows (RFC 9113, section 5.2). Data is processed as it arrives, so a window is
 * given back whenever half of it is used; most streams end before. After each frame at least half
 * of a window is open, which is more than a frame, so a peer cannot exceed a window.
 */
export class ReceiveFlow {
  readonly #frames: FrameWriter;
  #receivedBytes = 0;

  constructor(frames: FrameWriter) {
    this.#frames = frames;
  }

  /**
   * To be called after the first SETTINGS frame is written, which cannot change the connection
   * window.
   */
  open(): void {
    this.#frames.windowUpdate(0, connectionWindowBytes - defaultWindowBytes);
  }

  onConnection(bytes: number): void {
    this.#receivedBytes += bytes;
    if (this.#receivedBytes < connectionWindowBytes / 2) return;
    this.#frames.windowUpdate(0, this.#receivedBytes);
    this.#receivedBytes = 0;
  }

  /** @param bytes of a frame without END_STREAM */
  onStream(stream: Http2Stream, bytes: number): void {
    stream.receivedBytes += bytes;
    if (stream.receivedBytes < streamWindowBytes / 2) return;
    this.#frames.windowUpdate(stream.id, stream.receivedBytes);
    stream.receivedBytes = 0;
  }
}
