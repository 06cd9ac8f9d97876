import type { PodFailure } from './failure.ts';

/**
 * What is held of one pod, pure.
 *
 * trusted     → suspected     it shows signs of failing
 * suspected   → trusted       no sign for `suspicionMs`
 * any         → quarantined   enough failures, here or at a peer
 * quarantined → trial         its time is over
 * trial       → trusted       `trialsToPass` trial requests went well
 * trial       → quarantined   one failed: for twice as long, up to the maximum
 */
export type PodHealth =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'suspected'; readonly untilMs: number }
  | Quarantined
  | {
      readonly kind: 'trial';
      readonly level: number;
      readonly reason: PodFailure;
      readonly passed: number;
      /** Until when a trial request is awaited; undefined: the next request is one. */
      readonly awaitedUntilMs: number | undefined;
      readonly from: string | undefined;
    };

export interface Quarantined {
  readonly kind: 'quarantined';
  readonly untilMs: number;
  /** How often its time was doubled. */
  readonly level: number;
  readonly reason: PodFailure;
  /** The instance that found the failures and tries the pod first; undefined: this one. */
  readonly from: string | undefined;
  /** Since when that instance is followed. */
  readonly sinceMs: number;
}

export type PodEvent =
  | { readonly kind: 'sign' }
  | { readonly kind: 'convicted'; readonly reason: PodFailure; readonly level: number }
  | {
      readonly kind: 'convicted-by-peer';
      readonly reason: PodFailure;
      readonly level: number;
      readonly remainingMs: number;
      readonly from: string;
    }
  /** The peer that found the failures trusts it again. */
  | { readonly kind: 'acquitted' }
  | { readonly kind: 'time' }
  | { readonly kind: 'trial-sent' }
  | { readonly kind: 'trial-passed' }
  | { readonly kind: 'trial-failed'; readonly reason: PodFailure }
  | { readonly kind: 'trial-undecided' };

/** A change that operators want to see. */
export interface HealthTransition {
  readonly address: string;
  readonly from: PodHealth;
  readonly to: PodHealth;
}

export interface QuarantineTimes {
  readonly baseMs: number;
  readonly maxMs: number;
}

export const trusted: PodHealth = { kind: 'trusted' };
export const suspicionMs = 2_000;
/** How much longer than a peer that tries the pod first an instance waits. */
export const longestDeferralMs = 2_000;
/** How many times the maximum a peer is followed before this instance tries the pod itself. */
const longestFollowing = 2;
export const trialsToPass = 2;
/** After this long without a result another trial request is sent. */
const trialWaitMs = 5_000;

/** The same object when nothing changes. */
export function nextPodHealth(
  health: PodHealth,
  event: PodEvent,
  nowMs: number,
  times: QuarantineTimes,
): PodHealth {
  switch (event.kind) {
    case 'sign':
      return isJudged(health) ? health : { kind: 'suspected', untilMs: nowMs + suspicionMs };
    case 'convicted':
      return isJudged(health) ? health : quarantine(event.reason, event.level, nowMs, times);
    case 'convicted-by-peer': {
      const { reason, level, from } = event;
      const sinceMs = health.kind === 'quarantined' && health.from === from ? health.sinceMs : nowMs;
      const latestMs = sinceMs + longestFollowing * times.maxMs + longestDeferralMs;
      const wantedMs = nowMs + Math.min(event.remainingMs, times.maxMs + longestDeferralMs);
      return { kind: 'quarantined', untilMs: Math.min(wantedMs, latestMs), level, reason, from, sinceMs };
    }
    case 'acquitted':
      return isJudged(health) ? trusted : health;
    case 'time':
      return afterTime(health, nowMs);
    case 'trial-sent':
      return health.kind === 'trial' ? { ...health, awaitedUntilMs: nowMs + trialWaitMs } : health;
    case 'trial-passed':
      if (health.kind !== 'trial') return health;
      if (health.passed + 1 >= trialsToPass) return trusted;
      return { ...health, passed: health.passed + 1, awaitedUntilMs: undefined };
    case 'trial-failed':
      return health.kind === 'trial' ? quarantine(event.reason, health.level + 1, nowMs, times) : health;
    case 'trial-undecided':
      return health.kind === 'trial' ? { ...health, awaitedUntilMs: undefined } : health;
    default:
      return event satisfies never;
  }
}

/** When the state changes by time alone; undefined: never. */
export function dueMs(health: PodHealth): number | undefined {
  if (health.kind === 'trial') return health.awaitedUntilMs;
  return health.kind === 'trusted' ? undefined : health.untilMs;
}

/** No request may go to it, as long as the quarantine does not cover too much of the pool. */
export function isExcluded(health: PodHealth): boolean {
  return health.kind === 'quarantined' || (health.kind === 'trial' && health.awaitedUntilMs !== undefined);
}

export function isJudged(
  health: PodHealth,
): health is Extract<PodHealth, { readonly kind: 'quarantined' | 'trial' }> {
  return health.kind === 'quarantined' || health.kind === 'trial';
}

function afterTime(health: PodHealth, nowMs: number): PodHealth {
  const due = dueMs(health);
  if (due === undefined || nowMs < due) return health;
  switch (health.kind) {
    case 'trusted':
    case 'suspected':
      return trusted;
    case 'quarantined': {
      const { level, reason, from } = health;
      return { kind: 'trial', level, reason, passed: 0, awaitedUntilMs: undefined, from };
    }
    case 'trial':
      return { ...health, awaitedUntilMs: undefined };
    default:
      return health satisfies never;
  }
}

function quarantine(
  reason: PodFailure,
  level: number,
  nowMs: number,
  { baseMs, maxMs }: QuarantineTimes,
): Quarantined {
  const untilMs = nowMs + Math.min(maxMs, baseMs * 2 ** Math.min(level, 30));
  return { kind: 'quarantined', untilMs, level, reason, from: undefined, sinceMs: nowMs };
}
