/**
 * The engine of a pod: how long one step takes, and how much fits. A step computes one token of
 * each response that is being generated, and a chunk of prompts:
 *
 *     ms = base + Σ over the chunks: tokens × perToken × (1 + (context + tokens / 2) / attention)
 *        + perKvToken × tokens in the KV cache that are attended to + perSequence × sequences
 *
 * docs/simulation.md says where the numbers come from.
 */
export interface EnginePreset {
  readonly baseMs: number;
  readonly perTokenMs: number;
  /** The context at which attention costs as much as the rest of the model. */
  readonly attentionTokens: number;
  readonly perKvTokenMs: number;
  readonly perSequenceMs: number;
  /** Of the KV cache. */
  readonly capacityTokens: number;
  /** Tokens of one step at most (max-num-batched-tokens). */
  readonly stepTokens: number;
  /** Sequences that run at once (max-num-seqs). */
  readonly sequences: number;
}

const vllm = { attentionTokens: 31_000, perSequenceMs: 0.004, stepTokens: 8_192, sequences: 256 };

export const enginePresets = {
  /** Llama 3.1 8B on one H100. */
  '8b': { ...vllm, baseMs: 8, perTokenMs: 0.028, perKvTokenMs: 0.00005, capacityTokens: 427_000 },
  /** Qwen3 32B on two H100, with a KV cache of FP8 or in a second tier. */
  '32b': { ...vllm, baseMs: 16, perTokenMs: 0.043, perKvTokenMs: 0.00005, capacityTokens: 1_000_000 },
} as const satisfies Record<string, EnginePreset>;

export type EngineName = keyof typeof enginePresets;

/** The same engine, so many times as fast. */
export function atSpeed(engine: EnginePreset, speed: number): EnginePreset {
  return {
    ...engine,
    baseMs: engine.baseMs / speed,
    perTokenMs: engine.perTokenMs / speed,
    perKvTokenMs: engine.perKvTokenMs / speed,
    perSequenceMs: engine.perSequenceMs / speed,
  };
}

/** The time that a part of a prompt adds to a step. */
export function chunkMs(engine: EnginePreset, contextTokens: number, tokens: number): number {
  return tokens * engine.perTokenMs * (1 + (contextTokens + tokens / 2) / engine.attentionTokens);
}
