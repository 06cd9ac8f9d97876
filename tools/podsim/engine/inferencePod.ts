import type { Clock } from '../../../src/clock.ts';
import { chunkMs, type EnginePreset } from './enginePresets.ts';
import { type KvBlock, KvCache } from './kvCache.ts';

/** What a pod computes. */
export interface EngineRequest {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /**
   * One number for each block of the prompt, the last of which may be partial. Two prompts with the
   * same number at a place are the same up to the end of that block.
   */
  readonly blocks: readonly number[];
}

export interface SequenceListener {
  /** It waits no more. */
  onAdmitted?(): void;
  /** @param cachedTokens of the prompt, which were not computed */
  onFirstToken(cachedTokens: number): void;
  onEnd(): void;
}

/** A request on a pod. */
export interface Sequence {
  readonly request: EngineRequest;
  readonly listener: SequenceListener;
  readonly blocks: KvBlock[];
  /** Tokens whose keys and values are in the cache; while it decodes, as of `sinceStep`. */
  computedTokens: number;
  /** Tokens to compute before it decodes: the prompt, and what a preemption lost. */
  targetTokens: number;
  /** While it decodes, as of `sinceStep`. */
  generated: number;
  cachedTokens: number;
  sinceStep: number;
  /** The step at which it ends or needs a block; 0: it does not decode. */
  dueStep: number;
}

/**
 * An inference pod with continuous batching and chunked prefill, step by step: first come, first
 * served; the newest is preempted and computed again where the KV cache is full.
 */
export class InferencePod {
  readonly engine: EnginePreset;
  readonly cache: KvCache;
  readonly blockTokens: number;
  readonly #clock: Clock;
  readonly #onStep: () => void;
  readonly waiting: Sequence[] = [];
  readonly prefilling: Sequence[] = [];
  readonly decoding = new Set<Sequence>();
  /** Step → the sequences that end or need a block then. */
  readonly #due = new Map<number, Sequence[]>();
  #step = 0;
  #decodingTokens = 0;
  #stepEndsMs = 0;
  #isRunning = false;
  busyMs = 0;
  /** Of all responses. */
  generatedTokens = 0;
  preemptions = 0;

  /**
   * @param blockTokens of a block; as in the traces of Mooncake
   * @param onStep a step has ended
   */
  constructor(
    engine: EnginePreset,
    clock: Clock,
    { blockTokens = 512, onStep = () => {} }: { blockTokens?: number; onStep?: () => void } = {},
  ) {
    this.engine = engine;
    this.#clock = clock;
    this.#onStep = onStep;
    this.blockTokens = blockTokens;
    this.cache = new KvCache(Math.floor(engine.capacityTokens / blockTokens));
  }

  get running(): number {
    return this.prefilling.length + this.decoding.size;
  }

  /** Tokens that the responses in progress attend to. */
  get decodingTokens(): number {
    return this.#decodingTokens;
  }

  /** Until the step that runs ends. */
  remainingStepMs(nowMs: number): number {
    return this.#isRunning ? Math.max(0, this.#stepEndsMs - nowMs) : 0;
  }

  add(request: EngineRequest, listener: SequenceListener): Sequence {
    const { inputTokens } = request;
    const sequence: Sequence = {
      request,
      listener,
      blocks: [],
      computedTokens: 0,
      targetTokens: inputTokens,
      generated: 0,
      cachedTokens: 0,
      sinceStep: 0,
      dueStep: 0,
    };
    this.waiting.push(sequence);
    if (!this.#isRunning) this.#run();
    return sequence;
  }

  /** Tokens of its response so far. */
  generatedBy(sequence: Sequence): number {
    const sinceStep = this.decoding.has(sequence) ? this.#step - sequence.sinceStep : 0;
    return sequence.generated + sinceStep;
  }

  /** Its client has left. Nothing is called for it any more. */
  cancel(sequence: Sequence): void {
    if (this.decoding.has(sequence)) {
      this.#leave(sequence);
      return;
    }
    for (const list of [this.waiting, this.prefilling]) {
      const index = list.indexOf(sequence);
      if (index >= 0) list.splice(index, 1);
    }
    this.cache.release(sequence.blocks);
    sequence.blocks.length = 0;
  }

  #run(): void {
    this.#admit();
    if (this.running === 0) {
      this.#isRunning = false;
      return;
    }
    this.#isRunning = true;
    const { engine } = this;
    const chunks = this.#chunks();
    let ms = engine.baseMs + engine.perKvTokenMs * this.#decodingTokens + engine.perSequenceMs * this.running;
    for (const [sequence, tokens] of chunks) ms += chunkMs(engine, sequence.computedTokens, tokens);
    this.busyMs += ms;
    this.#stepEndsMs = this.#clock.nowMs() + ms;
    this.#clock.after(ms, () => {
      this.#endStep(chunks);
      this.#onStep();
      this.#run();
    });
  }

  /** What of the prompts is computed in this step, beside one token of each response. */
  #chunks(): (readonly [Sequence, number])[] {
    let left = this.engine.stepTokens - this.decoding.size;
    const chunks: (readonly [Sequence, number])[] = [];
    for (const sequence of this.prefilling) {
      if (left <= 0) break;
      const tokens = Math.min(left, sequence.targetTokens - sequence.computedTokens);
      left -= tokens;
      chunks.push([sequence, tokens]);
    }
    return chunks;
  }

  #admit(): void {
    let admittable = this.engine.stepTokens - this.decoding.size;
    for (const { targetTokens, computedTokens } of this.prefilling)
      admittable -= targetTokens - computedTokens;
    while (this.waiting.length > 0 && admittable > 0 && this.running < this.engine.sequences) {
      const sequence = this.waiting[0] as Sequence;
      const { request, targetTokens, blocks } = sequence;
      const { blockTokens } = this;
      // The last token is always computed: the next one comes from it.
      const matched = this.cache.matched(request.blocks, Math.floor((request.inputTokens - 1) / blockTokens));
      const needed = Math.ceil(targetTokens / blockTokens);
      const revived = this.cache.idleAmong(request.blocks, matched);
      if (needed - matched + revived > this.cache.free) {
        if (this.running === 0) throw new Error('a prompt is larger than the KV cache');
        return;
      }
      this.waiting.shift();
      for (let index = 0; index < matched; index += 1) {
        blocks.push(this.cache.share(request.blocks[index] as number));
      }
      while (blocks.length < needed) blocks.push(this.cache.allocate());
      sequence.computedTokens = matched * blockTokens;
      if (sequence.generated === 0) {
        sequence.cachedTokens = sequence.computedTokens;
        sequence.listener.onAdmitted?.();
      }
      admittable -= targetTokens - sequence.computedTokens;
      this.prefilling.push(sequence);
    }
  }

  #endStep(chunks: readonly (readonly [Sequence, number])[]): void {
    this.#step += 1;
    this.#decodingTokens += this.decoding.size;
    this.generatedTokens += this.decoding.size;
    const due = this.#due.get(this.#step) ?? [];
    this.#due.delete(this.#step);
    for (const sequence of due) if (sequence.dueStep === this.#step) this.#onDue(sequence);
    for (const [sequence, tokens] of chunks) this.#computed(sequence, tokens);
  }

  #computed(sequence: Sequence, tokens: number): void {
    // It may have been preempted in this step.
    if (!this.prefilling.includes(sequence)) return;
    const { request, blocks } = sequence;
    const { blockTokens } = this;
    const before = Math.floor(sequence.computedTokens / blockTokens);
    sequence.computedTokens += tokens;
    const full = Math.floor(Math.min(sequence.computedTokens, request.inputTokens) / blockTokens);
    for (let index = before; index < full; index += 1) {
      this.cache.computed(blocks[index] as KvBlock, request.blocks[index] as number);
    }
    if (sequence.computedTokens < sequence.targetTokens) return;
    this.prefilling.splice(this.prefilling.indexOf(sequence), 1);
    if (sequence.generated === 0) sequence.listener.onFirstToken(sequence.cachedTokens);
    sequence.generated += 1;
    this.generatedTokens += 1;
    sequence.sinceStep = this.#step;
    this.decoding.add(sequence);
    this.#decodingTokens += sequence.computedTokens;
    this.#onDue(sequence);
  }

  /** It ends, or gets a block if it needs one; and when that is to happen again. */
  #onDue(sequence: Sequence): void {
    const steps = this.#step - sequence.sinceStep;
    sequence.sinceStep = this.#step;
    sequence.computedTokens += steps;
    sequence.generated += steps;
    sequence.dueStep = 0;
    const left = sequence.request.outputTokens - sequence.generated;
    if (left <= 0) {
      this.#leave(sequence);
      sequence.listener.onEnd();
      return;
    }
    const { blockTokens } = this;
    if (sequence.computedTokens >= sequence.blocks.length * blockTokens) {
      while (this.cache.free === 0) if (this.#preemptNewest() === sequence) return;
      sequence.blocks.push(this.cache.allocate());
    }
    const room = sequence.blocks.length * blockTokens - sequence.computedTokens;
    sequence.dueStep = this.#step + Math.min(left, room);
    const due = this.#due.get(sequence.dueStep);
    if (due === undefined) this.#due.set(sequence.dueStep, [sequence]);
    else due.push(sequence);
  }

  #leave(sequence: Sequence): void {
    this.decoding.delete(sequence);
    this.#decodingTokens -= sequence.computedTokens + this.#step - sequence.sinceStep;
    sequence.dueStep = 0;
    this.cache.release(sequence.blocks);
    sequence.blocks.length = 0;
  }

  #preemptNewest(): Sequence {
    this.preemptions += 1;
    const prefilling = this.prefilling.pop();
    const newest = prefilling ?? ([...this.decoding].at(-1) as Sequence);
    if (prefilling === undefined) {
      newest.generated += this.#step - newest.sinceStep;
      this.#leave(newest);
    } else {
      this.cache.release(newest.blocks);
      newest.blocks.length = 0;
    }
    newest.computedTokens = 0;
    newest.targetTokens = newest.request.inputTokens + newest.generated;
    this.waiting.unshift(newest);
    return newest;
  }
}
