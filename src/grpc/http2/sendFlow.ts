import type { FairTurns } from './fairTurns.ts';
import type { FrameWriter } from './frameWriter.ts';
import type { PeerSettings } from './peerSettings.ts';
import { ConnectionError, defaultWindowBytes, errorCode, largestWindowBytes } from './protocol.ts';

/**
 * More unsent bytes than this are not kept for a peer that requests and does not read
 * (CVE-2019-9517): the receive windows of 64 streams that get back what they send.
 */
const usualQueuedBytes = 16 * 1024 * 1024;

/** A stream with queued data. */
export interface QueuedSender {
  /** Sends some chunks of the queue, as far as the windows allow. */
  sendQueued(): void;
}

/**
 * What the streams of one connection share when they send (RFC 9113, section 5.2): the connection's
 * window, and the streams that wait for it.
 */
export class SendFlow {
  readonly frames: FrameWriter;
  readonly peer: PeerSettings;
  readonly continueLater: () => void;
  readonly #turns: FairTurns;
  readonly #maxQueuedBytes: number;
  windowBytes = defaultWindowBytes;
  /** Queued by all streams together. */
  queuedBytes = 0;
  /**
   * Streams that wait for the connection's window and have room in their own, longest waiting
   * first. Streams whose own window is used up are not here, so that an update of the connection's
   * window visits few.
   */
  readonly waiting = new Set<QueuedSender>();

  /** @param continueLater has `sendWaiting` called in a later turn */
  constructor(
    frames: FrameWriter,
    peer: PeerSettings,
    turns: FairTurns,
    continueLater: () => void,
    maxQueuedBytes = usualQueuedBytes,
  ) {
    this.frames = frames;
    this.peer = peer;
    this.#turns = turns;
    this.continueLater = continueLater;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  /** A stream waits, and the connection's window has room. */
  get canSend(): boolean {
    return this.windowBytes > 0 && this.waiting.size > 0;
  }

  /** @throws ConnectionError when the window would exceed 2^31-1 */
  growWindow(bytes: number): void {
    this.windowBytes += bytes;
    if (this.windowBytes > largestWindowBytes) {
      throw new ConnectionError(errorCode.flowControlError, 'the connection window exceeds 2^31-1');
    }
    this.sendWaiting();
  }

  /** @throws ConnectionError when too much is queued */
  checkQueuedBytes(): void {
    if (this.queuedBytes <= this.#maxQueuedBytes) return;
    throw new ConnectionError(errorCode.enhanceYourCalm, 'too many unread response bytes');
  }

  /** Sends what the windows allow, until the slice is spent; the rest in later turns. */
  sendWaiting(): void {
    while (this.canSend) {
      for (const stream of this.waiting) {
        stream.sendQueued();
        if (this.windowBytes <= 0) return;
        if (this.#turns.spend(1)) {
          this.continueLater();
          return;
        }
      }
    }
  }
}
