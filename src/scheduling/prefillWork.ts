/** With a context of so many tokens, attention costs as much as the rest of a model. */
const attentionTokens = 31_000;

/**
 * What it costs to compute tokens of a prompt, in tokens of an empty context: each attends to all
 * before it.
 *
 * @param cachedTokens in front of those that are computed
 */
export function prefillWork(tokens: number, cachedTokens: number): number {
  return tokens * (1 + (cachedTokens + tokens / 2) / attentionTokens);
}
