/**
 * A prompt as hashes of its beginnings. Two prompts with the same key have the same model and the
 * same bytes up to that cut, so the longest common beginning is found without the prompts.
 */
export interface PromptCuts {
  /** One for each cut, in order. The first is that of the context, where there is any. */
  readonly keys: Uint32Array;
  /** The number of tokens up to each cut, estimated; never decreasing. */
  readonly tokens: Float64Array;
  /** Tokens of the whole prompt with its context, estimated. */
  readonly totalTokens: number;
  /** The same prompt as other schemes hash it, by which it may be known from before. */
  readonly otherwise?: readonly PromptCuts[];
}
