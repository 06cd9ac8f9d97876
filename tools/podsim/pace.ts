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
  /** 0.2 makes a completion up to 20 % faster or slower; within 0–1. */
  readonly jitter: number;
}

/** The pace of one completion; `random` is within [0, 1). */
export function drawPace({ ttftMs, tokenMs, jitter }: Timing, random: () => number): TokenPace {
  if (jitter === 0) return { firstMs: ttftMs, everyMs: tokenMs };
  const spread = () => 1 + jitter * (2 * random() - 1);
  return { firstMs: ttftMs * spread(), everyMs: tokenMs * spread() };
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
