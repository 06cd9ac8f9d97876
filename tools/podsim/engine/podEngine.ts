import type { PodClock } from '../clock.ts';
import type { TokenListener, TokenSource } from '../tokenSource.ts';
import type { EnginePreset } from './enginePresets.ts';
import { InferencePod, type Sequence } from './inferencePod.ts';
import { promptBlocks, tokensPerBlock } from './promptBlocks.ts';

export interface EnginePrompt {
  readonly tokens: number;
  readonly text: string;
}

interface Running {
  readonly sequence: Sequence;
  readonly listener: TokenListener;
  readonly isStream: boolean;
  emitted: number;
}

/**
 * The engine of a pod in real time: continuous batching with chunked prefill and a KV cache of
 * blocks, step by step as `baton simulate` computes it. Tokens are emitted when their step ends.
 */
export class PodEngine {
  readonly #pod: InferencePod;
  readonly #running = new Set<Running>();
  /** Tokens of prompts that were looked up in the cache, and those that were found. */
  readonly counts = { queries: 0, hits: 0 };
  #maxRunning = 0;

  constructor(preset: EnginePreset, clock: PodClock) {
    this.#pod = new InferencePod(preset, clock, {
      blockTokens: tokensPerBlock,
      onStep: () => this.#onStep(),
    });
  }

  get running(): number {
    return this.#pod.running;
  }

  get waiting(): number {
    return this.#pod.waiting.length;
  }

  /** The maximum that ran at once. */
  get maxRunning(): number {
    return this.#maxRunning;
  }

  /** Of the KV cache. */
  get blocks(): number {
    return this.#pod.cache.capacity;
  }

  get kvUse(): number {
    return this.#pod.cache.used / this.#pod.cache.capacity;
  }

  get preemptions(): number {
    return this.#pod.preemptions;
  }

  /** Whether prompt and response together fit into the KV cache. */
  fits(promptTokens: number, outputTokens: number): boolean {
    return promptTokens + outputTokens < this.blocks * tokensPerBlock;
  }

  source(prompt: EnginePrompt): TokenSource {
    let cachedTokens: number | undefined;
    const onCached = (tokens: number): void => {
      cachedTokens = tokens;
      this.counts.queries += prompt.tokens;
      this.counts.hits += tokens;
    };
    return {
      get cachedTokens() {
        return cachedTokens;
      },
      start: (tokens, isStream, listener) => this.#start(prompt, tokens, isStream, listener, onCached),
    };
  }

  #start(
    { tokens: inputTokens, text }: EnginePrompt,
    tokens: number,
    isStream: boolean,
    listener: TokenListener,
    onCached: (tokens: number) => void,
  ): () => void {
    // A request that hangs is not computed.
    if (tokens === 0) return () => {};
    const request = { inputTokens, outputTokens: tokens, blocks: promptBlocks(text, inputTokens) };
    const sequence = this.#pod.add(request, {
      onAdmitted: () => {
        this.#maxRunning = Math.max(this.#maxRunning, this.running + 1);
        listener.onStarted();
      },
      onFirstToken: onCached,
      onEnd: () => {},
    });
    const running = { sequence, listener, isStream, emitted: 0 };
    this.#running.add(running);
    return () => {
      if (this.#running.delete(running)) this.#pod.cancel(sequence);
    };
  }

  /** After the step, so that what a token causes meets no half a step. */
  #onStep(): void {
    for (const running of this.#running) {
      const { sequence, listener, isStream, emitted } = running;
      const { outputTokens } = sequence.request;
      const made = Math.min(outputTokens, this.#pod.generatedBy(sequence));
      const isWhole = made === outputTokens;
      if (isWhole) this.#running.delete(running);
      if (made === emitted || !(isStream || isWhole)) continue;
      running.emitted = made;
      listener.emit(emitted, made);
    }
  }
}
