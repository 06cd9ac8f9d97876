import type { InstanceUpgrade } from '../testbed/rollingUpgrade.ts';
import type { SseReport } from '../testbed/sseCounter.ts';
import type { Counts } from '../testbed/statePoller.ts';
import type { PodVisit } from './podVisit.ts';
import { findPromptLosses, type PromptGate, type PromptSample } from './promptWindows.ts';

/** The result of a rehearsal, and the verdict on it. Pure. */
export interface RehearsalResult {
  readonly report: SseReport;
  readonly upgrades: readonly InstanceUpgrade[];
  /** Pod names by address, in the order of printing. */
  readonly pods: ReadonlyMap<string, string>;
  readonly visit?: PodVisit;
  readonly prompts?: RehearsedPrompts;
  /** The error of the step that failed. */
  readonly aborted?: string;
}

/** What conversations found in the caches of pods. */
export interface RehearsedPrompts {
  readonly workload: string;
  readonly gate: PromptGate;
  readonly samples: readonly PromptSample[];
}

/**
 * A view counts as loaded when it contains at least this share of what the others counted. Less
 * than all, because the two are not sampled at the same time; far more than an empty view contains.
 */
const loadedShare = 0.5;

/**
 * The reasons why the rehearsal failed; empty when no client could notice it and no instance
 * started with an empty view.
 */
export function findFailures({ report, upgrades, prompts, aborted }: RehearsalResult): string[] {
  const failures: string[] = [];
  if (aborted !== undefined) failures.push(aborted);
  if (report.sent === 0) failures.push('no request was sent');
  if (report.failed > 0) failures.push(`${report.failed} requests failed`);
  if (report.cut > 0) failures.push(`${report.cut} responses were cut`);
  if (prompts !== undefined && aborted === undefined) {
    failures.push(...findPromptLosses(prompts.samples, prompts.gate));
  }
  for (const upgrade of upgrades) {
    const { name, firstDecision } = upgrade;
    if (!firstDecision) failures.push(`no request reached the new ${name}`);
    else if (!isLoaded(upgrade)) {
      const [believed, counted] = [totalOf(firstDecision.believed), totalOf(firstDecision.othersCounted)];
      failures.push(
        believed === 0
          ? `the new ${name} started with an empty view`
          : `the new ${name} started with a view of ${Math.round(believed)} while the others counted ${counted}`,
      );
    }
  }
  return failures;
}

/** Whether the first decision was made on a view of the requests in flight through the others. */
export function isLoaded({ firstDecision }: InstanceUpgrade): boolean {
  if (!firstDecision) return false;
  return totalOf(firstDecision.believed) >= loadedShare * totalOf(firstDecision.othersCounted);
}

export function formatVerdict(rehearsed: RehearsalResult): string[] {
  const { report, upgrades, pods, visit } = rehearsed;
  return [
    ...formatVerdictHead(rehearsed),
    ...upgrades.flatMap((upgrade) => upgradeLines(upgrade, pods)),
    ...(visit
      ? [`  ${visit.pod}: registered, served ${visit.served} requests and left; no list was edited`]
      : []),
    ...report.problems.map((problem) => `  ! ${problem}`),
  ];
}

export function formatVerdictHead(rehearsed: RehearsalResult): string[] {
  const failures = findFailures(rehearsed);
  const { report } = rehearsed;
  const { latencyMs } = report;
  return [
    `Verdict: ${failures.length === 0 ? 'no client noticed.' : `FAILED: ${failures.join('; ')}.`}`,
    `  requests sent ${report.sent}, completed ${report.ok}, failed ${report.failed}, cut ${report.cut}`,
    ...(latencyMs
      ? [
          `  complete responses took ${formatDuration(latencyMs.p50)} (p50), ${formatDuration(latencyMs.p99)} (p99)`,
        ]
      : []),
  ];
}

function upgradeLines(upgrade: InstanceUpgrade, pods: RehearsalResult['pods']): string[] {
  const { name, from, to, drainMs, startMs, firstDecision } = upgrade;
  const lines = [
    `  ${name}: ${from} → ${to}, drained in ${formatDuration(drainMs)}, ready again ${formatDuration(startMs)} later`,
  ];
  if (!firstDecision) return [...lines, '     no decision yet'];
  return [
    ...lines,
    `     view at its first decision         ${counts(firstDecision.believed, pods)}`,
    `     in flight through the others       ${counts(firstDecision.othersCounted, pods)}`,
    `     an empty view would be             ${counts({}, pods)}`,
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

/** A duration in ms or s. */
export function formatDuration(value: number): string {
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
