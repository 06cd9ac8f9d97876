import type { PodSignal } from '../proto/records/podSignals.ts';
import type { PodHealth } from './podHealth.ts';

export interface Judgment {
  readonly health: Exclude<PodHealth['kind'], 'trusted'>;
  /** What the responses failed by, as given; null for a pod that is only suspected. */
  readonly reason: string | null;
}

/**
 * The worst that any instance has found of each pod by itself, by address; without those in which
 * none has found anything.
 *
 * @param reports by instance, by address
 */
export function worstJudgments(
  reports: ReadonlyMap<string, ReadonlyMap<string, PodSignal>>,
): ReadonlyMap<string, Judgment> {
  const worst = new Map<string, Judgment>();
  for (const report of reports.values()) {
    for (const [address, signal] of report) {
      const found = judgmentOf(signal);
      if (found !== undefined && severity(found) > severity(worst.get(address))) worst.set(address, found);
    }
  }
  return worst;
}

function judgmentOf({ remainingMs, isOnTrial, isSuspected, reason }: PodSignal): Judgment | undefined {
  if (remainingMs > 0) return { health: 'quarantined', reason };
  if (isOnTrial) return { health: 'trial', reason };
  return isSuspected ? { health: 'suspected', reason: null } : undefined;
}

function severity(judgment: Judgment | undefined): number {
  return [undefined, 'suspected', 'trial', 'quarantined'].indexOf(judgment?.health);
}
