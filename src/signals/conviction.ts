import type { PodRecord } from './podRecord.ts';

/**
 * Whether what was seen of a pod is the pod's fault, pure: it must fail in most of its observed
 * exchanges, while the other pods do not. What all pods answer alike is the clients' doing.
 */

/** So many recent failures, here and at peers. They decay, so a little less than three. */
const enoughFailures = 2.5;
const ownShare = 0.5;
/** The share of failures of the other pods must be smaller. */
const othersShare = 0.25;
/** So many exchanges of the others must have gone well. */
const enoughOthers = 1.5;
/** Two early ends in a row exceed it, in pods that had none. */
const earlyEnds = 0.4;
/** Others that are looked at, in large pools. */
const mostOthers = 256;

export interface Others {
  readonly failures: number;
  readonly successes: number;
  readonly normalEnds: number;
}

export function othersOf(pod: PodRecord, pods: Iterable<PodRecord>, nowMs: number): Others {
  let [failures, successes, normalEnds, seen] = [0, 0, 0, 0];
  for (const other of pods) {
    // A pod that is excluded already says nothing about what is normal.
    if (other === pod || other.health.kind === 'quarantined') continue;
    failures += other.failures.at(nowMs);
    successes += other.successes.at(nowMs);
    normalEnds += other.normalEnds.at(nowMs);
    seen += 1;
    if (seen >= mostOthers) break;
  }
  return { failures, successes, normalEnds };
}

export function isConvicted(pod: PodRecord, others: Others, peerFailures: number, nowMs: number): boolean {
  const failures = pod.failures.at(nowMs);
  if (failures + peerFailures < enoughFailures) return false;
  if (failures < ownShare * (failures + pod.successes.at(nowMs))) return false;
  const well = others.successes + (others.failures === 0 ? others.normalEnds : 0);
  if (well < enoughOthers) return false;
  return others.failures < othersShare * (others.failures + well);
}

/** Its last exchanges ended early, and those of the other pods did not. */
export function showsEarlyEnds(pod: PodRecord, pods: Iterable<PodRecord>): boolean {
  if (pod.earlyShare < earlyEnds) return false;
  let [sum, seen] = [0, 0];
  for (const other of pods) {
    if (other === pod || other.health.kind === 'quarantined') continue;
    sum += other.earlyShare;
    seen += 1;
    if (seen >= mostOthers) break;
  }
  return seen > 0 && sum / seen < pod.earlyShare / 2;
}
