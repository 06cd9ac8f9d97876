import { setTimeout as sleep } from 'node:timers/promises';

/** How often the end of a drain is looked for. */
const lookMs = 20;

export interface DrainOptions {
  /** New streams are answered at least this long: health checks need time to be asked and believed. */
  readonly noticeMs: number;
  /** No new stream for this long means that Envoy sends none any more. */
  readonly quietMs: number;
  /** What is open after this long is left to Envoy. */
  readonly graceMs: number;
  readonly exchanges: { readonly open: number; quietMs(): number; halfCloseAll(): number };
  /** Own requests in flight by address. */
  readonly inFlight: () => ReadonlyMap<string, number>;
  /** A clock that never jumps. */
  readonly nowMs: () => number;
  /** Shortens the grace to nothing. */
  readonly forceStop: AbortSignal;
}

export interface DrainResult {
  /** Milliseconds it took. */
  readonly tookMs: number;
  /** Exchanges that outlived the grace and were half-closed. */
  readonly halfClosed: number;
  /** The requests of those exchanges by address: they go on, and nobody counts them from now on. */
  readonly left: ReadonlyMap<string, number>;
}

/**
 * Leaves without being missed. The caller has let health fail; from here on new streams are answered until
 * they stop coming, accepted ones are finished, and what outlives the grace is half-closed with OK, which
 * Envoy takes as "no more to say" and carries on with the exchange.
 */
export async function drain(options: DrainOptions): Promise<DrainResult> {
  const { noticeMs, quietMs, graceMs, exchanges, inFlight, nowMs, forceStop } = options;
  const beganMs = nowMs();
  const elapsedMs = (): number => nowMs() - beganMs;
  const isLeft = (): boolean =>
    elapsedMs() >= noticeMs && exchanges.quietMs() >= quietMs && exchanges.open === 0;

  while (!isLeft() && elapsedMs() < graceMs && !forceStop.aborted) {
    // Being hurried ends the wait early; the loop sees why.
    await sleep(lookMs, undefined, { signal: forceStop }).catch(() => {});
  }
  // Copied: closing gives every reservation back.
  const left = new Map(inFlight());
  return { halfClosed: exchanges.halfCloseAll(), tookMs: elapsedMs(), left };
}
