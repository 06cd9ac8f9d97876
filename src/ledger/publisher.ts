import type { Clock } from '../clock.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'writing'; readonly written: Promise<void>; readonly changedMeanwhile: boolean }
  | { readonly kind: 'stopped' };

/**
 * The weight of the last write in the mean time of a write. A single slow write changes little; a
 * fast one changes much, since few writes are made while the mean is high.
 */
const weightOf = { slower: 1 / 8, faster: 1 / 2 } as const;

export interface PublisherOptions {
  /** Writes the current state. After a rejection it is called again. */
  readonly write: () => Promise<void>;
  /**
   * The least time between the starts of two writes; called for each, with the mean time of a
   * write.
   */
  readonly minIntervalMs: (writeMs: number) => number;
  /** The wait after a failed write. */
  readonly retryMs: number;
  readonly onWritten?: (outcome: 'ok' | 'failed', cause?: unknown) => void;
  readonly clock: Clock;
}

/**
 * Conflated publishing: many changes, few writes. A change is written as soon as the last write is
 * `minIntervalMs` old; all changes until then go out together. At most one write is in progress,
 * none is queued, and without changes there are no writes.
 *
 * idle     → waiting   a change
 * waiting  → writing   the interval is over
 * writing  → idle      written, nothing changed since
 * writing  → waiting   something changed since, or the write failed
 * any      → stopped   `stop`
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #state: State = { kind: 'idle' };
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  /** The weighted mean time of a successful write. */
  #writeMs = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Every change is written. */
  get isIdle(): boolean {
    return this.#state.kind === 'idle';
  }

  /** Something changed. Cheap; the write begins after the current turn of the event loop. */
  changed(): void {
    if (this.#state.kind === 'idle') this.#wait(this.#untilNextMs());
    else if (this.#state.kind === 'writing' && !this.#state.changedMeanwhile) {
      this.#state = { ...this.#state, changedMeanwhile: true };
    }
  }

  /** A due write waits for the new interval instead of the old one. */
  intervalChanged(): void {
    if (this.#state.kind !== 'waiting') return;
    this.#state.cancel();
    this.#wait(this.#untilNextMs());
  }

  /** Writes without waiting for the interval or after a failure, changed or not. */
  now(): void {
    if (this.#state.kind === 'waiting') this.#state.cancel();
    if (this.#state.kind === 'waiting' || this.#state.kind === 'idle') this.#begin();
    else this.changed();
  }

  /** Writes what is due, now, and waits for it. Rejects when that write fails. */
  async flush(): Promise<void> {
    while (this.#state.kind === 'writing') await this.#state.written;
    if (this.#state.kind !== 'waiting') return;
    this.#state.cancel();
    this.#state = { kind: 'idle' };
    await this.#options.write();
  }

  /** Begins no more writes; resolves when the one in progress has ended. */
  async stop(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    if (state.kind === 'waiting') state.cancel();
    if (state.kind === 'writing') await state.written;
  }

  #wait(ms: number): void {
    this.#state = {
      kind: 'waiting',
      cancel: this.#options.clock.after(Math.max(0, ms), () => this.#begin()),
    };
  }

  #untilNextMs(): number {
    const { minIntervalMs, clock } = this.#options;
    return this.#lastWriteMs + minIntervalMs(this.#writeMs) - clock.nowMs();
  }

  #begin(): void {
    this.#lastWriteMs = this.#options.clock.nowMs();
    this.#state = { kind: 'writing', changedMeanwhile: false, written: this.#writeOnce() };
  }

  async #writeOnce(): Promise<void> {
    const { write, retryMs, onWritten, clock } = this.#options;
    const beganMs = clock.nowMs();
    let failed = false;
    try {
      await write();
      const difference = clock.nowMs() - beganMs - this.#writeMs;
      this.#writeMs += difference * (difference > 0 ? weightOf.slower : weightOf.faster);
      onWritten?.('ok');
    } catch (cause) {
      failed = true;
      onWritten?.('failed', cause);
    }
    if (this.#state.kind !== 'writing') return;
    const again = failed || this.#state.changedMeanwhile;
    this.#state = { kind: 'idle' };
    if (again) this.#wait(failed ? retryMs : this.#untilNextMs());
  }
}
