/** Where the tokens of one response come from, and when. */
export interface TokenSource {
  /** Of its prompt; undefined: there is no cache, or the first token is not there yet. */
  readonly cachedTokens: number | undefined;
  /**
   * @param tokens of the response; 0: it runs and never has one
   * @param isStream else only the last token matters
   * @returns ends it early; without effect after its end
   */
  start(tokens: number, isStream: boolean, listener: TokenListener): () => void;
}

export interface TokenListener {
  /** It waits no more. May be called before `start` returns. */
  onStarted(): void;
  /** The half-open range of tokens that are due. The first begins at 0. */
  emit(from: number, to: number): void;
}
