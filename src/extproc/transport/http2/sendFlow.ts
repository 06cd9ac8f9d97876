import type { FrameWriter } from './frameWriter.ts';
import type { Http2Stream } from './http2Stream.ts';
import type { PeerSettings } from './peerSettings.ts';
import { ConnectionError, defaultWindowBytes, errorCode, largestWindowBytes } from './protocol.ts';

/** What the streams of a connection share when they send: the connection's window, and who waits for it. */
export class SendFlow {
  readonly frames: FrameWriter;
  readonly peer: PeerSettings;
  windowBytes = defaultWindowBytes;
  /** In the order in which they began to wait. */
  readonly waiting = new Set<Http2Stream>();

  constructor(frames: FrameWriter, peer: PeerSettings) {
    this.frames = frames;
    this.peer = peer;
  }

  /** @throws ConnectionError when the window would become larger than HTTP/2 can say */
  widen(bytes: number): void {
    this.windowBytes += bytes;
    if (this.windowBytes > largestWindowBytes) {
      throw new ConnectionError(errorCode.flowControlError, "the connection's window is too large");
    }
    this.sendWaiting();
  }

  sendWaiting(): void {
    for (const stream of this.waiting) {
      if (this.windowBytes <= 0) return;
      stream.sendQueued();
    }
  }
}
