/** The blocks of a trace, as in the traces of Mooncake. */
export const blockTokens = 512;

/** One request of a trace. */
export interface InferenceRequest {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /**
   * One number for each block of the prompt, the last of which may be partial. Two prompts with the
   * same number at a place are the same up to the end of that block.
   */
  readonly blocks: readonly number[];
}
