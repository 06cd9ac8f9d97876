export interface HedgeOptions {
  /** The nth attempt (from 1) starts when the one before has not ended after this long. */
  readonly delayMs: (nth: number) => number;
  /** This many attempts start at once after a failure; those after them wait for their time. */
  readonly eager?: number;
  /** Ends all attempts. */
  readonly signal?: AbortSignal;
}

/** @param signal aborts when another attempt has succeeded, or all of them are to end */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Makes attempts until one succeeds. The next one starts at once when the last one failed, and
 * beside it when it has not ended after `delayMs`. When one succeeds, the others are aborted.
 *
 * @throws the error of the last attempt that failed, when all have
 */
export async function hedge<T>(
  attempts: readonly Attempt<T>[],
  { delayMs, eager = attempts.length, signal: outer }: HedgeOptions,
): Promise<T> {
  outer?.throwIfAborted();
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(outer?.reason);
  outer?.addEventListener('abort', abort, { once: true });
  let started = 0;
  let failed = 0;
  let timer: NodeJS.Timeout | undefined;

  const startNext = (): void => {
    clearTimeout(timer);
    const attempt = attempts[started];
    if (attempt === undefined) return;
    started += 1;
    const nextMs = delayMs(started);
    if (started < attempts.length && Number.isFinite(nextMs)) timer = setTimeout(startNext, nextMs);
    attempt(ended.signal).then(resolve, (error) => {
      failed += 1;
      if (failed === attempts.length) reject(error);
      else if (!ended.signal.aborted && started < eager) startNext();
    });
  };

  try {
    startNext();
    return await promise;
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
    ended.abort();
  }
}
