import { Budget } from './budget.ts';
import type { Http2Limits } from './limits.ts';

/** A window change visits about this many streams in the time that a PING takes. */
const streamsPerControlFrame = 256;

/**
 * Limits what costs this server more than the peer. Each method throws a ConnectionError above its
 * limit.
 */
export class AbuseBudgets {
  readonly #resets: Budget;
  readonly #controlFrames: Budget;
  readonly #emptyFrames: Budget;

  constructor(limits: Http2Limits, nowMs: () => number) {
    this.#resets = new Budget('stream resets', limits.resetsPerSecond, nowMs);
    this.#controlFrames = new Budget('PING and SETTINGS frames', limits.controlFramesPerSecond, nowMs);
    this.#emptyFrames = new Budget('empty frames', limits.emptyFramesPerSecond, nowMs);
  }

  reset(): void {
    this.#resets.spend();
  }

  controlFrame(): void {
    this.#controlFrames.spend();
  }

  /** A new initial window, which every open stream must be visited for. */
  windowChange(streams: number): void {
    this.#controlFrames.spend(Math.ceil(streams / streamsPerControlFrame));
  }

  emptyFrame(): void {
    this.#emptyFrames.spend();
  }
}
