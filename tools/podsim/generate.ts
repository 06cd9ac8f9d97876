import type { PodClock } from './clock.ts';
import { dueAtMs, dueTokens, type TokenPace } from './pace.ts';

/**
 * Makes the tokens of one reply at their times, with one timer at a time. Tokens whose time came
 * together, because the pace is fast or the process late, are made together, so that a busy pod
 * does less and not more.
 *
 * @param emit gets the half-open range of tokens that are made now; all at once and before this
 *   returns where nothing has to be waited for
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
