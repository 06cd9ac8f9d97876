import { setTimeout as sleep } from 'node:timers/promises';

/** Waiting for a condition by asking again and again; the only way this folder and the tests wait. */
export interface UntilOptions {
  /** What is awaited, as the end of "gave up waiting for …". */
  readonly what: string;
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Pause between two questions; default 25 ms. */
  readonly intervalMs?: number;
  /** Ends the wait at once; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Answers the first value of `ask` that is neither false nor undefined. An `ask` that throws counts as "not
 * yet"; its last error is the cause of the failure.
 *
 * @throws Error when the time is over, or the signal's reason.
 */
export async function until<T>(
  ask: () => Promise<T> | T,
  { what, timeoutMs = 10_000, intervalMs: everyMs = 25, signal }: UntilOptions,
): Promise<Exclude<T, false | undefined>> {
  const deadlineMs = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer as Exclude<T, false | undefined>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadlineMs) {
      const last = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`gave up waiting for ${what} after ${timeoutMs} ms${last}`, { cause });
    }
    await sleep(everyMs);
  }
}
