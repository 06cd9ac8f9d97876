import type { FrameWriter } from './frameWriter.ts';
import type { Http2Stream } from './http2Stream.ts';
import { defaultWindowBytes } from './protocol.ts';

/** What a peer may send ahead on one stream, and on all of a connection together. */
export const streamWindowBytes = 256 * 1024;
export const connectionWindowBytes = 4 * 1024 * 1024;

/**
 * What the peer may still send. Everything is used up as it comes, so a window is given back whenever half of
 * it is gone; most streams end before. Half a window is more than a frame, so a peer can never overrun one.
 */
export class ReceiveFlow {
  readonly #frames: FrameWriter;
  #usedBytes = 0;

  constructor(frames: FrameWriter) {
    this.#frames = frames;
  }

  /** Behind the first SETTINGS frame, which cannot change this window. */
  open(): void {
    this.#frames.windowUpdate(0, connectionWindowBytes - defaultWindowBytes);
  }

  onConnection(bytes: number): void {
    this.#usedBytes += bytes;
    if (this.#usedBytes < connectionWindowBytes / 2) return;
    this.#frames.windowUpdate(0, this.#usedBytes);
    this.#usedBytes = 0;
  }

  /** @param bytes of a frame behind which more may come */
  onStream(stream: Http2Stream, bytes: number): void {
    stream.usedBytes += bytes;
    if (stream.usedBytes < streamWindowBytes / 2) return;
    this.#frames.windowUpdate(stream.id, stream.usedBytes);
    stream.usedBytes = 0;
  }
}
