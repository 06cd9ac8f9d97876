import type { PodClock } from './clock.ts';
import { dueAtMs, dueTokens, type TokenPace } from './pace.ts';

/**
 * Generates the tokens of one completion at their times, with one timer at a time. Tokens that are
 * due together, because the pace is fast or the process late, are emitted together: a busy pod does
 * less work, not more.
 *
 * @param emit gets the half-open range of tokens that are due; before this function returns where
 *   no wait is needed
 * @returns a function that ends it early
 */
export function generate(
  tokens: number,
  pace: TokenPace,
  clock: PodClock,
  emit: (from: number, to: number) => void,
): () => void {
  const startMs = clock.nowMs();
  let made = 0;
  let cancelTimer = () => {};

  const step = () => {
    const elapsedMs = clock.nowMs() - startMs;
    const from = made;
    made = Math.min(tokens, dueTokens(pace, elapsedMs));
    if (made < tokens) cancelTimer = clock.after(dueAtMs(pace, made) - elapsedMs, step);
    if (made > from) emit(from, made);
  };
  step();
  return () => cancelTimer();
}
