import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition by polling. This folder and the tests wait in no other way. */
export interface UntilOptions {
  /** The end of the error message "waiting for …". */
  readonly what: string;
  /** Default 30 s. */
  readonly timeoutMs?: number;
  /** Time between two polls. Default 25 ms. */
  readonly intervalMs?: number;
  /** Ends the wait; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Resolves with the first value of `condition` that is neither false nor undefined. While
 * `condition` throws, the wait goes on; its last error is the cause of the timeout error.
 *
 * @throws Error when the time is over, or the reason of the signal.
 */
export async function until<T>(
  condition: () => Promise<T> | T,
  { what, timeoutMs = 30_000, intervalMs = 25, signal }: UntilOptions,
): Promise<Exclude<T, false | undefined>> {
  const deadlineMs = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const value = await condition();
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadlineMs) {
      const last = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`timed out after ${timeoutMs} ms waiting for ${what}${last}`, { cause });
    }
    await sleep(intervalMs);
  }
}
