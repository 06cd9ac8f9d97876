import type { PodSignal } from '../proto/records/podSignals.ts';

/** The reports of the other instances, by instance and by address. */
export class PeerSignals {
  readonly reports = new Map<string, ReadonlyMap<string, PodSignal>>();

  /** Recent failures of a pod that other instances have observed. */
  failures(address: string): number {
    let sum = 0;
    for (const report of this.reports.values()) sum += report.get(address)?.failures ?? 0;
    return sum;
  }

  /** The instance whose quarantine of the pod the others follow; undefined: none has found one. */
  leader(address: string): { readonly id: string; readonly signal: PodSignal } | undefined {
    let leader: { readonly id: string; readonly signal: PodSignal } | undefined;
    for (const [id, report] of this.reports) {
      const signal = report.get(address);
      if (signal === undefined || !judges(signal)) continue;
      const isFirst = leader === undefined || leads(signal.level, id, leader.signal.level, leader.id);
      if (isFirst) leader = { id, signal };
    }
    return leader;
  }
}

/** The instance keeps the pod in quarantine, or tries it. */
export function judges({ remainingMs, isOnTrial }: PodSignal): boolean {
  return remainingMs > 0 || isOnTrial;
}

/**
 * One of the instances that have found the same tries the pod, and the others follow it: the one
 * whose trials have failed more often, else the one with the lesser id.
 */
export function leads(level: number, id: string, otherLevel: number, otherId: string): boolean {
  return level > otherLevel || (level === otherLevel && id < otherId);
}
