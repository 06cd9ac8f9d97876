import type { RehearsedFault } from './faults.ts';

/** What one answered request found in the cache of its pod. */
export interface PromptSample {
  /** When it was answered, since the start. */
  readonly atMs: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** The turns of its conversation before it. */
  readonly said: readonly SaidTurn[];
  readonly firstTokenMs: number;
}

/** A turn that was answered. The next one repeats its prompt. */
export interface SaidTurn {
  /** When it was sent, since the start. */
  readonly atMs: number;
  readonly promptTokens: number;
}

export interface PromptWindow {
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number;
  /** The share of all prompt tokens that were cached. */
  readonly hitRate: number;
  /** The share of the tokens that were sent before in the same conversation. */
  readonly foundShare: number;
  /** The same without the turns that Envoy placed, while no instance ran. */
  readonly placedShare: number;
  readonly firstTokenMs: { readonly p50: number; readonly p99: number };
}

export interface PromptGate {
  /** When the first change begins. */
  readonly changeMs: number;
  /** How many points of `placedShare` a window may have fewer than before the change. */
  readonly mostPointsLost: number;
  readonly faults: readonly RehearsedFault[];
}

export const windowMs = 5_000;
/** Conversations have to be going on. */
const warmUpMs = windowMs;
/** With fewer, chance is larger than what is looked for. */
const fewestRequests = 50;
/**
 * While no instance runs, Envoy places requests by itself: nothing is asked of that time, nor that
 * what it placed is found afterwards. Of two windows after it a point less is.
 */
const recoveringMs = 2 * windowMs;
const morePointsWhileRecovering = 1;
/** While etcd does not answer each instance knows what it places itself. */
const shareWithoutEtcd = 0.9;

/** One window after the other; the last one may be short. Pure. */
export function windowsOf(
  samples: readonly PromptSample[],
  faults: readonly RehearsedFault[],
): PromptWindow[] {
  const byWindow = Map.groupBy(samples, ({ atMs }) => Math.floor(atMs / windowMs));
  return [...byWindow]
    .sort(([a], [b]) => a - b)
    .map(([nth, inWindow]) => windowOf(nth * windowMs, (nth + 1) * windowMs, inWindow, faults));
}

/** Why the caches were used worse than before the change; empty: they were not. */
export function findPromptLosses(
  samples: readonly PromptSample[],
  { changeMs, mostPointsLost, faults }: PromptGate,
): string[] {
  const before = samples.filter(({ atMs }) => atMs >= warmUpMs && atMs < changeMs);
  if (before.length < fewestRequests) return ['too few requests before the upgrade to compare with'];
  const usual = windowOf(warmUpMs, changeMs, before, []).placedShare;
  const after = samples.filter(({ atMs }) => atMs >= changeMs);
  return windowsOf(after, faults)
    .filter(({ requests }) => requests >= fewestRequests)
    .filter((window) => window.placedShare < leastShare(window, usual, mostPointsLost, faults))
    .map(
      ({ fromMs, placedShare }) =>
        `from ${fromMs / 1000} s pods had ${percent(placedShare)} of what was said before in their caches, ` +
        `${percent(usual)} before the upgrade`,
    );
}

/** What has to be found in a window. */
function leastShare(
  { fromMs, toMs }: PromptWindow,
  usual: number,
  mostPointsLost: number,
  faults: readonly RehearsedFault[],
): number {
  const least = usual - mostPointsLost / 100;
  const overlaps = (fault: RehearsedFault, afterMs = 0): boolean =>
    fromMs < fault.toMs + afterMs && toMs > fault.fromMs;
  const allKilled = faults.find(({ kind }) => kind === 'all-killed');
  if (allKilled && overlaps(allKilled)) return 0;
  if (allKilled && overlaps(allKilled, recoveringMs)) return least - morePointsWhileRecovering / 100;
  const isAway = faults.some((fault) => fault.kind === 'etcd-away' && overlaps(fault, windowMs));
  return isAway ? Math.min(least, shareWithoutEtcd * usual) : least;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function windowOf(
  fromMs: number,
  toMs: number,
  samples: readonly PromptSample[],
  faults: readonly RehearsedFault[],
): PromptWindow {
  const outages = faults.filter(({ kind }) => kind === 'all-killed');
  const isPlaced = ({ atMs }: SaidTurn): boolean =>
    outages.every((outage) => atMs < outage.fromMs || atMs >= outage.toMs);
  const times = samples.map(({ firstTokenMs }) => firstTokenMs).sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0;
  return {
    fromMs,
    toMs,
    requests: samples.length,
    hitRate: cachedShare(samples, ({ promptTokens }) => promptTokens),
    foundShare: cachedShare(samples, ({ said }) => said.at(-1)?.promptTokens ?? 0),
    placedShare: cachedShare(samples, ({ said }) => said.findLast(isPlaced)?.promptTokens ?? 0),
    firstTokenMs: { p50: at(0.5), p99: at(0.99) },
  };
}

/** @param wanted how many tokens of a prompt a good choice finds */
function cachedShare(samples: readonly PromptSample[], wanted: (sample: PromptSample) => number): number {
  let cached = 0;
  let all = 0;
  for (const sample of samples) {
    cached += Math.min(sample.cachedTokens, wanted(sample));
    all += wanted(sample);
  }
  return cached / Math.max(1, all);
}
