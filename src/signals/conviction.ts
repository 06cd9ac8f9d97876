import type { PodEvent } from './podHealth.ts';
import type { PodRecord } from './podRecord.ts';
import { surpriseOf } from './surprise.ts';

/**
 * Whether what was seen of a pod is the pod's fault, pure: it must fail more than chance explains
 * and more than the other pods do. What all pods answer alike is the clients' doing.
 */

/** Three failures in a row where none are usual: 1 in 100,000. */
const enoughBits = 16.6;
/** The share of failures of the other pods must be smaller. */
const othersShare = 0.25;
/** So many exchanges of the others must have gone well. */
const enoughOthers = 1.5;
/** What the others may have done alike weighs more: not all of it was observed. */
const weightOfOthers = 2;
/** Others that are looked at, in large pools. */
const mostOthers = 256;
/** The same, where what peers report of them is looked up. */
const mostReportedOthers = 16;
/** Above so many recent failures of each other pod, what peers report of one says nothing. */
const fewReported = 0.25;
/** A pod that failed again so soon is excluded for longer than the last time. */
const relapseMs = 60_000;

export interface Others {
  /** The share of failures in what was observed of them. */
  readonly share: number;
  /** Exchanges that went well. */
  readonly well: number;
  /** How suspicious they are, on average, in bits. */
  readonly suspicion: number;
}

export function othersOf(pod: PodRecord, pods: Iterable<PodRecord>, nowMs: number): Others {
  let [failures, successes, normalEnds, suspicion, seen] = [0, 0, 0, 0, 0];
  for (const other of pods) {
    // A pod that is excluded already says nothing about what is normal.
    if (other === pod || other.health.kind === 'quarantined') continue;
    failures += other.failures.at(nowMs);
    successes += other.successes.at(nowMs);
    normalEnds += other.normalEnds.at(nowMs);
    suspicion += other.suspicion.bits;
    seen += 1;
    if (seen >= mostOthers) break;
  }
  const well = successes + (failures === 0 ? normalEnds : 0);
  const share = failures === 0 ? 0 : failures / (failures + well);
  return { share, well, suspicion: suspicion / Math.max(1, seen) };
}

/** @param atPeers recent failures that other instances have observed, and only of this pod */
export function convictionOf(
  pod: PodRecord,
  { share, well, suspicion }: Others,
  atPeers: number,
  nowMs: number,
): PodEvent | undefined {
  if (pod.guilt.bits === 0 || well < enoughOthers || share >= othersShare) return undefined;
  const bits = pod.guilt.bits + atPeers * surpriseOf(share) - weightOfOthers * suspicion;
  if (bits < enoughBits) return undefined;
  // Excluded for longer than the last time if it relapses.
  const level = nowMs - pod.trustedSinceMs < relapseMs ? pod.lastLevel + 1 : 0;
  return { kind: 'convicted', reason: pod.lastFailure, level };
}

/** Recent failures of a pod that peers have observed; 0 where they observe them of all pods. */
export function failuresAtPeers(
  pod: PodRecord,
  pods: Iterable<PodRecord>,
  peerFailures: (address: string) => number,
): number {
  const failures = peerFailures(pod.address);
  if (failures === 0) return 0;
  let [ofOthers, seen] = [0, 0];
  for (const other of pods) {
    if (other === pod || other.health.kind === 'quarantined') continue;
    ofOthers += peerFailures(other.address);
    seen += 1;
    if (seen >= mostReportedOthers) break;
  }
  return ofOthers > fewReported * seen ? 0 : failures;
}
