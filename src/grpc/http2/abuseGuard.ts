import { Budget } from './budget.ts';
import type { Http2Limits } from './limits.ts';

/** About so many streams are looked at in the time that a PING takes. */
const streamsPerControlFrame = 256;

/** Counts what costs this server more than it costs the peer. Each method throws a ConnectionError when it is too much. */
export class AbuseGuard {
  readonly #resets: Budget;
  readonly #controlFrames: Budget;
  readonly #emptyFrames: Budget;

  constructor(limits: Http2Limits, nowMs: () => number) {
    this.#resets = new Budget('stream resets', limits.resetsPerSecond, nowMs);
    this.#controlFrames = new Budget('PING and SETTINGS frames', limits.controlFramesPerSecond, nowMs);
    this.#emptyFrames = new Budget('frames without content', limits.emptyFramesPerSecond, nowMs);
  }

  reset(): void {
    this.#resets.spend();
  }

  controlFrame(): void {
    this.#controlFrames.spend();
  }

  /** A new window for all streams that are open, each of which has to be looked at. */
  windowChange(streams: number): void {
    this.#controlFrames.spend(Math.ceil(streams / streamsPerControlFrame));
  }

  emptyFrame(): void {
    this.#emptyFrames.spend();
  }
}
