import type { Clock } from '../clock.ts';
import { stallMs } from '../judgingTimer.ts';

/** How often the end condition of a drain is checked. */
const pollMs = 20;

export interface DrainOptions<Counts> {
  /**
   * New streams are answered at least this long, so that Envoy's health checks have time to fail.
   */
  readonly noticeMs: number;
  /** Without a new stream for this long, Envoy has stopped sending any. */
  readonly quietMs: number;
  /** Exchanges that are still open after this long are half-closed. */
  readonly graceMs: number;
  readonly exchanges: { readonly open: number; quietMs(): number; settleAll(): void; halfCloseAll(): number };
  /** A copy of this instance's counts: half-closing releases every reservation. */
  readonly takeCounts: () => Counts;
  readonly clock: Clock;
  /** Ends the wait at once. */
  readonly forceStop: AbortSignal;
}

export interface DrainResult<Counts> {
  readonly tookMs: number;
  /** Exchanges that were still open at the end. */
  readonly halfClosed: number;
  /**
   * The requests of those exchanges. They continue; this instance counts them no more.
   */
  readonly left: Counts;
}

/**
 * Waits until Envoy has stopped using this instance. The caller has let health fail before. New
 * streams are answered until they stop coming, and open exchanges are served to their end. What is
 * still open after the grace is half-closed with OK: Envoy then continues the request without this
 * instance.
 */
export async function drain<Counts>(options: DrainOptions<Counts>): Promise<DrainResult<Counts>> {
  const { noticeMs, quietMs, graceMs, exchanges, takeCounts, clock, forceStop } = options;
  const startedMs = clock.nowMs();
  const elapsedMs = (): number => clock.nowMs() - startedMs;
  /** The time in which this process ran: in a stall it tells Envoy nothing, and reads nothing. */
  let ranMs = 0;
  let ranSinceMs = startedMs;
  const isQuiet = (): boolean =>
    Math.min(exchanges.quietMs(), clock.nowMs() - ranSinceMs) >= quietMs && exchanges.open === 0;

  while (!(ranMs >= noticeMs && isQuiet()) && elapsedMs() < graceMs && !forceStop.aborted) {
    const beforeMs = clock.nowMs();
    await pause(clock, forceStop);
    const tookMs = clock.nowMs() - beforeMs;
    ranMs += Math.min(tookMs, pollMs + stallMs);
    if (tookMs > pollMs + stallMs) ranSinceMs = clock.nowMs();
  }
  exchanges.settleAll();
  const left = takeCounts();
  return { halfClosed: exchanges.halfCloseAll(), tookMs: elapsedMs(), left };
}

/** Resolves after `pollMs`, or as soon as the signal aborts. */
function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(pollMs, resolve);
  const onAbort = (): void => {
    cancel();
    resolve();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}
