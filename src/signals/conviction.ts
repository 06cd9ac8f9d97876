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
/** Where they fail less often than this, failures in a row decide, whatever came before them. */
const rareShare = 0.1;
/** So many exchanges of the others must have gone well. */
const enoughOthers = 1.5;
/** Others that are looked at, in large pools. */
const mostOthers = 256;
/** A pod that failed again so soon is excluded for longer than the last time. */
const relapseMs = 60_000;

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

/** @param peerFailures recent failures that other instances have observed */
export function isConvicted(pod: PodRecord, others: Others, peerFailures: number, nowMs: number): boolean {
  const failures = pod.failures.at(nowMs);
  if (failures + peerFailures < enoughFailures) return false;
  const well = others.successes + (others.failures === 0 ? others.normalEnds : 0);
  if (well < enoughOthers) return false;
  const failingOthers = others.failures / (others.failures + well);
  const inRow = Math.min(pod.failuresInRow, failures);
  if (inRow > 0 && inRow + peerFailures >= enoughFailures && failingOthers < rareShare) return true;
  return failures >= ownShare * (failures + pod.successes.at(nowMs)) && failingOthers < othersShare;
}

/** How long to exclude a convicted pod, in doublings: longer than the last time if it relapses. */
export function convictionLevel(pod: PodRecord, nowMs: number): number {
  return nowMs - pod.trustedSinceMs < relapseMs ? pod.lastLevel + 1 : 0;
}
