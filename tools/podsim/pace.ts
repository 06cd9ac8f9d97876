/** When the tokens of one completion are due. Arithmetic only; generate.ts waits. */
export interface TokenPace {
  /** From the start to the first token. */
  readonly firstMs: number;
  /** From each token to the next. */
  readonly everyMs: number;
}

export interface Timing {
  readonly ttftMs: number;
  readonly tokenMs: number;
  /** For each token of the prompt that is not cached, before the first token. */
  readonly promptTokenMs: number;
  /** 0.2 makes a completion up to 20 % faster or slower; within 0–1. */
  readonly jitter: number;
}

/**
 * The pace of one completion; `random` is within [0, 1).
 *
 * @param uncachedTokens of its prompt
 */
export function drawPace(timing: Timing, random: () => number, uncachedTokens: number): TokenPace {
  const { tokenMs, jitter } = timing;
  const firstMs = timing.ttftMs + uncachedTokens * timing.promptTokenMs;
  if (jitter === 0) return { firstMs, everyMs: tokenMs };
  const spread = () => 1 + jitter * (2 * random() - 1);
  return { firstMs: firstMs * spread(), everyMs: tokenMs * spread() };
}

/** How many tokens are due `elapsedMs` after the start. */
export function dueTokens({ firstMs, everyMs }: TokenPace, elapsedMs: number): number {
  if (elapsedMs < firstMs) return 0;
  return everyMs === 0 ? Number.POSITIVE_INFINITY : Math.floor((elapsedMs - firstMs) / everyMs) + 1;
}

/** When the token of this index (from 0) is due, in milliseconds after the start. */
export function dueAtMs({ firstMs, everyMs }: TokenPace, index: number): number {
  return firstMs + index * everyMs;
}
