import { Budget } from './budget.ts';
import type { Http2Limits } from './limits.ts';

/** A window change visits about this many streams in the time that a PING takes. */
const streamsPerControlFrame = 256;
/** How many PINGs a peer can have saved up: some tens of milliseconds of work. */
const maxFreePings = 100_000;

/**
 * Limits what costs this server more than the peer. Each method throws a ConnectionError above its
 * limit.
 */
export class AbuseBudgets {
  readonly #resets: Budget;
  readonly #controlFrames: Budget;
  readonly #emptyFrames: Budget;

  /** PINGs that cost the peer none of its budget, and those that it can no longer send. */
  #freePings = 0;

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

  /**
   * One PING for each frame of content is free: ordinary clients of gRPC estimate the bandwidth
   * with a PING when they receive data.
   *
   * @param contentFrames what this side has sent since the beginning
   */
  ping(contentFrames: number): void {
    this.#freePings = Math.max(this.#freePings, contentFrames - maxFreePings);
    if (this.#freePings < contentFrames) this.#freePings += 1;
    else this.#controlFrames.spend();
  }

  /** A new initial window, which every open stream must be visited for. */
  windowChange(streams: number): void {
    this.#controlFrames.spend(Math.ceil(streams / streamsPerControlFrame));
  }

  emptyFrame(): void {
    this.#emptyFrames.spend();
  }
}
