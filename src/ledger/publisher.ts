import type { Clock } from '../clock.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  | { readonly kind: 'writing'; readonly written: Promise<void>; readonly changedMeanwhile: boolean }
  | { readonly kind: 'stopped' };

/**
 * The weight of one more write in what a write takes: one that is slow by chance changes little, and a store
 * that is fast again is soon believed, since few writes are made until it is.
 */
const weightOf = { slower: 1 / 8, faster: 1 / 2 } as const;

export interface PublisherOptions {
  /** Writes the counts as they are when it is called. May reject; it is then tried again. */
  readonly write: () => Promise<void>;
  /** The least time between the starts of two writes; asked anew for each, with the time that one takes of late. */
  readonly minIntervalMs: (writeMs: number) => number;
  /** The wait after a write that failed. */
  readonly retryMs: number;
  readonly onWritten?: (outcome: 'ok' | 'failed', cause?: unknown) => void;
  readonly clock: Clock;
}

/**
 * Conflated publishing: many changes, few writes. A change is written as soon as the last write is
 * `minIntervalMs` old; what changes in between goes out together at the end of that time. At most one write
 * is under way, none is queued, and without changes there are no writes.
 *
 * idle     → waiting   a change
 * waiting  → writing   its time has come
 * writing  → idle      written, nothing changed since
 * writing  → waiting   something changed since, or the write failed
 * any      → stopped   `stop`
 */
export class Publisher {
  readonly #options: PublisherOptions;
  #state: State = { kind: 'idle' };
  #lastWriteMs = Number.NEGATIVE_INFINITY;
  /** What a successful write takes, the last few above all. */
  #writeMs = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Everything that changed is written. */
  get isIdle(): boolean {
    return this.#state.kind === 'idle';
  }

  /** Something changed. Costs next to nothing; the write begins after the current turn of the event loop. */
  changed(): void {
    if (this.#state.kind === 'idle') this.#wait(this.#untilNextMs());
    else if (this.#state.kind === 'writing' && !this.#state.changedMeanwhile) {
      this.#state = { ...this.#state, changedMeanwhile: true };
    }
  }

  /** What waits, waits for the end of the interval as it is now. */
  intervalChanged(): void {
    if (this.#state.kind !== 'waiting') return;
    this.#state.cancel();
    this.#wait(this.#untilNextMs());
  }

  /** Writes without waiting for the interval, or for the time after a failure; changed or not. */
  now(): void {
    if (this.#state.kind === 'waiting') this.#state.cancel();
    if (this.#state.kind === 'waiting' || this.#state.kind === 'idle') this.#begin();
    else this.changed();
  }

  /** Writes what is not written yet, now, and waits for it. Rejects when that one write fails. */
  async flush(): Promise<void> {
    while (this.#state.kind === 'writing') await this.#state.written;
    if (this.#state.kind !== 'waiting') return;
    this.#state.cancel();
    this.#state = { kind: 'idle' };
    await this.#options.write();
  }

  /** Begins no write any more, from this call on; resolves when the one under way has ended. */
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
