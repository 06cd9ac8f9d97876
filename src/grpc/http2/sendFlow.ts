import type { FrameWriter } from './frameWriter.ts';
import type { Http2Stream } from './http2Stream.ts';
import type { PeerSettings } from './peerSettings.ts';
import { ConnectionError, defaultWindowBytes, errorCode, largestWindowBytes } from './protocol.ts';

/** More answers than this are not kept for a peer that asks on and takes none (CVE-2019-9517). */
const mostQueuedBytes = 4 * 1024 * 1024;

/** What the streams of a connection share when they send: the connection's window, and who waits for it. */
export class SendFlow {
  readonly frames: FrameWriter;
  readonly peer: PeerSettings;
  windowBytes = defaultWindowBytes;
  /** What all streams together keep until a window is widened. */
  queuedBytes = 0;
  /** Those that wait for this window and have room in their own, in the order in which they began to. */
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

  /** @throws ConnectionError when too much waits */
  mustFlow(): void {
    if (this.queuedBytes <= mostQueuedBytes) return;
    throw new ConnectionError(errorCode.enhanceYourCalm, 'too many answers that are not taken');
  }

  sendWaiting(): void {
    for (const stream of this.waiting) {
      if (this.windowBytes <= 0) return;
      stream.sendQueued();
    }
  }
}
