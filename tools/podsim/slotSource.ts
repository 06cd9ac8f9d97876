import type { PodClock } from './clock.ts';
import { generate } from './generate.ts';
import { dueAtMs, type TokenPace } from './pace.ts';
import type { Slots } from './slots.ts';
import type { TokenListener, TokenSource } from './tokenSource.ts';

export interface SlotSourceOptions {
  readonly slots: Slots;
  readonly pace: TokenPace;
  readonly clock: PodClock;
  readonly cachedTokens: number | undefined;
}

/** Tokens at a fixed pace, in one of the pod's slots. */
export class SlotSource implements TokenSource {
  readonly #options: SlotSourceOptions;

  constructor(options: SlotSourceOptions) {
    this.#options = options;
  }

  get cachedTokens(): number | undefined {
    return this.#options.cachedTokens;
  }

  start(tokens: number, isStream: boolean, listener: TokenListener): () => void {
    const { slots } = this.#options;
    let cancel = (): void => {};
    let isOver = false;
    const slot = slots.acquire(() => {
      listener.onStarted();
      const started = this.#generate(tokens, isStream, listener);
      // It may have ended already.
      if (isOver) started();
      else cancel = started;
    });
    return () => {
      isOver = true;
      cancel();
      slot.release();
    };
  }

  #generate(tokens: number, isStream: boolean, { emit }: TokenListener): () => void {
    const { clock, pace } = this.#options;
    if (isStream || tokens === 0) return generate(tokens, pace, clock, emit);
    const lastMs = dueAtMs(pace, tokens - 1);
    return generate(1, { firstMs: lastMs, everyMs: 0 }, clock, () => emit(0, tokens));
  }
}
