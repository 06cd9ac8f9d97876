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
 *
 * While replies of a stream wait for its peer to read, its window is not given back: a peer that
 * gets back what it sends, and does not read it, makes this process hold one window of it. The
 * connection's window is, so that other streams go on.
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

  /**
   * @param bytes of a frame without END_STREAM; 0: replies do not wait any more
   * @returns false when the peer sent more than its window
   */
  onStream(stream: Http2Stream, bytes: number): boolean {
    stream.receivedBytes += bytes;
    if (stream.receivedBytes < streamWindowBytes / 2) return true;
    if (stream.isQueueing) return stream.receivedBytes <= streamWindowBytes;
    this.#frames.windowUpdate(stream.id, stream.receivedBytes);
    stream.receivedBytes = 0;
    return true;
  }
}
