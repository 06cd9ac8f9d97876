import type { InstanceUpgrade } from '../testbed/rollingUpgrade.ts';
import type { SseReport } from '../testbed/sseCounter.ts';
import type { Counts } from '../testbed/statePoller.ts';

/** What rehearsed upgrades came to: the judgement and its text. Pure. */
export interface RehearsalResult {
  readonly report: SseReport;
  readonly upgrades: readonly InstanceUpgrade[];
  /** Pod names by address, in the order in which they are printed. */
  readonly pods: ReadonlyMap<string, string>;
  /** Why not all of it was done. */
  readonly aborted?: string;
}

/**
 * A view is loaded when it holds at least this share of what the others counted. Less than all, because the two
 * are not read at one moment; far more than what an instance sees that begins with nothing.
 */
const loadedShare = 0.5;

/** Everything that speaks against it, in words; empty when no client noticed and no instance began blind. */
export function findFailures({ report, upgrades, aborted }: RehearsalResult): string[] {
  const found: string[] = [];
  if (aborted !== undefined) found.push(aborted);
  if (report.sent === 0) found.push('no request was sent');
  if (report.failed > 0) found.push(`${report.failed} requests failed`);
  if (report.cut > 0) found.push(`${report.cut} responses were cut`);
  for (const upgrade of upgrades) {
    const { name, firstDecision } = upgrade;
    if (!firstDecision) found.push(`no request reached the new ${name}`);
    else if (!isLoaded(upgrade)) {
      const [believed, counted] = [totalOf(firstDecision.believed), totalOf(firstDecision.othersCounted)];
      found.push(
        believed === 0
          ? `the new ${name} began with an empty view`
          : `the new ${name} began with a view of ${Math.round(believed)} where the others counted ${counted}`,
      );
    }
  }
  return found;
}

/** Was its first decision made on what the others had in flight? Nothing, where they had nothing. */
export function isLoaded({ firstDecision }: InstanceUpgrade): boolean {
  if (!firstDecision) return false;
  return totalOf(firstDecision.believed) >= loadedShare * totalOf(firstDecision.othersCounted);
}

export function formatVerdict(rehearsed: RehearsalResult): string[] {
  const { report, upgrades, pods } = rehearsed;
  return [
    ...formatVerdictHead(rehearsed),
    ...upgrades.flatMap((upgrade) => upgradeLines(upgrade, pods)),
    ...report.problems.map((problem) => `  ! ${problem}`),
  ];
}

export function formatVerdictHead(rehearsed: RehearsalResult): string[] {
  const against = findFailures(rehearsed);
  const { report } = rehearsed;
  const { latencyMs } = report;
  return [
    `Verdict: ${against.length === 0 ? 'no client noticed.' : `FAILED: ${against.join('; ')}.`}`,
    `  requests sent ${report.sent}, served ${report.ok}, failed ${report.failed}, cut ${report.cut}`,
    ...(latencyMs
      ? [
          `  a whole answer took ${formatDuration(latencyMs.p50)} (median), ${formatDuration(latencyMs.p99)} (99 of 100)`,
        ]
      : []),
  ];
}

function upgradeLines(upgrade: InstanceUpgrade, pods: RehearsalResult['pods']): string[] {
  const { name, from, to, drainMs, startMs, firstDecision } = upgrade;
  const lines = [
    `  ${name}: ${from} → ${to}, drained in ${formatDuration(drainMs)}, ready again ${formatDuration(startMs)} later`,
  ];
  if (!firstDecision) return [...lines, '     it has not decided yet'];
  return [
    ...lines,
    `     at its first decision it believed  ${counts(firstDecision.believed, pods)}`,
    `     the others had in flight           ${counts(firstDecision.othersCounted, pods)}`,
    `     one that starts empty believes     ${counts({}, pods)}`,
  ];
}

function counts(byAddress: Counts, pods: RehearsalResult['pods']): string {
  return [...pods]
    .map(([address, name]) => `${name} ${String(Math.round(byAddress[address] ?? 0)).padStart(2)}`)
    .join('   ');
}

export function totalOf(byAddress: Counts): number {
  return Object.values(byAddress).reduce((sum, count) => sum + count, 0);
}

/** A duration as a person says it. */
export function formatDuration(value: number): string {
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
