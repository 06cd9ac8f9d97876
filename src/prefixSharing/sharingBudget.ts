import { promptShareOfWrites } from '../ledger/writeBudget.ts';

/** What the sharing of prompts may cost etcd, for all instances together. */
export interface SharingBudget {
  readonly bytesPerSecond: number;
  /** Of everything that instances write. */
  readonly writesPerSecond: number;
}

/** The log and the snapshots have half of the budget each. */
const half = 1 / 2;

/** More often gains nothing that can be measured; docs/policies.md has the simulation. */
const shortestIntervalMs = 250;
/** A single instance has no readers, but one may join. */
const aloneMs = 1_000;
/** What is told later is worth little. */
const longestIntervalMs = 5_000;
/** One transaction: etcd takes 1.5 MiB by default. */
const mostBytesAtOnce = 512 * 1024;

/** The bytes that one instance may write in a second, of the log or of snapshots. */
export function bytesPerSecondEach({ bytesPerSecond }: SharingBudget, instances: number): number {
  return (half * bytesPerSecond) / Math.max(1, instances);
}

/** The time between two writes of an instance, each of them of the log or of snapshots. */
export function writeIntervalMs({ writesPerSecond }: SharingBudget, instances: number): number {
  return (1000 * Math.max(1, instances)) / (half * promptShareOfWrites * writesPerSecond);
}

/** @param lastBytes of the last record */
export function logIntervalMs(budget: SharingBudget, instances: number, lastBytes: number): number {
  const least = instances <= 1 ? aloneMs : shortestIntervalMs;
  const forBytes = (1000 * lastBytes) / bytesPerSecondEach(budget, instances);
  return Math.max(least, writeIntervalMs(budget, instances), Math.min(longestIntervalMs, forBytes));
}

/** Of one record of the log. */
export function mostLogBytes(budget: SharingBudget, instances: number): number {
  return Math.min(mostBytesAtOnce, (bytesPerSecondEach(budget, instances) * longestIntervalMs) / 1000);
}
