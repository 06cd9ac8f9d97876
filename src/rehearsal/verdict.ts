import type { UpgradeAccount } from './rollingUpgrade.ts';
import type { SseReport } from './sseTally.ts';
import type { Counts } from './stateWatch.ts';

/** What a rehearsed upgrade came to: the judgement and its text. Pure. */
export interface Rehearsed {
  readonly report: SseReport;
  readonly upgrades: readonly UpgradeAccount[];
  /** Pod names by address, in the order in which they are printed. */
  readonly pods: ReadonlyMap<string, string>;
}

/** Everything that speaks against it, in words; empty when no client noticed and no instance began blind. */
export function complaints({ report, upgrades }: Rehearsed): string[] {
  const found: string[] = [];
  if (report.sent === 0) found.push('no request was sent');
  if (report.failed > 0) found.push(`${report.failed} requests failed`);
  if (report.cut > 0) found.push(`${report.cut} responses were cut`);
  for (const { name, firstDecision } of upgrades) {
    if (!firstDecision) found.push(`no request reached the new ${name}`);
    else if (total(firstDecision.believed) === 0 && total(firstDecision.othersCounted) > 0) {
      found.push(`the new ${name} began with an empty view`);
    }
  }
  return found;
}

export function verdict(rehearsed: Rehearsed): string[] {
  const { report, upgrades, pods } = rehearsed;
  const against = complaints(rehearsed);
  const { latencyMs } = report;
  return [
    `Verdict: ${against.length === 0 ? 'no client noticed.' : `FAILED: ${against.join('; ')}.`}`,
    `  requests sent ${report.sent}, served ${report.ok}, failed ${report.failed}, cut ${report.cut}`,
    ...(latencyMs
      ? [`  a whole answer took ${ms(latencyMs.p50)} (median), ${ms(latencyMs.p99)} (99 of 100)`]
      : []),
    ...upgrades.flatMap((upgrade) => upgradeLines(upgrade, pods)),
    ...report.problems.map((problem) => `  ! ${problem}`),
  ];
}

function upgradeLines(upgrade: UpgradeAccount, pods: Rehearsed['pods']): string[] {
  const { name, from, to, drainMs, startMs, firstDecision } = upgrade;
  const lines = [`  ${name}: ${from} → ${to}, drained in ${ms(drainMs)}, ready again ${ms(startMs)} later`];
  if (!firstDecision) return [...lines, '     it has not decided yet'];
  return [
    ...lines,
    `     at its first decision it believed  ${counts(firstDecision.believed, pods)}`,
    `     the others had in flight           ${counts(firstDecision.othersCounted, pods)}`,
    `     one that starts empty believes     ${counts({}, pods)}`,
  ];
}

function counts(byAddress: Counts, pods: Rehearsed['pods']): string {
  return [...pods]
    .map(([address, name]) => `${name} ${String(Math.round(byAddress[address] ?? 0)).padStart(2)}`)
    .join('   ');
}

function total(byAddress: Counts): number {
  return Object.values(byAddress).reduce((sum, count) => sum + count, 0);
}

function ms(value: number): string {
  return value < 1000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
