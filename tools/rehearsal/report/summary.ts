import { formatDuration } from '../verdict.ts';
import { loadedDecisions, type RehearsalReport, type ReportedStep } from './report.ts';

/** The report on the terminal: the verdict, and one line per step. Pure. */
export function summary(report: RehearsalReport): string[] {
  const { passed, failures, requests, steps, durationMs } = report;
  const { loaded, of } = loadedDecisions(report);
  return [
    `Verdict: ${passed ? 'no client noticed.' : 'FAILED'}`,
    ...failures.map((failure) => `  ✗ ${failure}`),
    `  requests sent ${requests.sent}, completed ${requests.ok}, failed ${requests.failed}, cut ${requests.cut}, in ${formatDuration(durationMs)}`,
    ...(requests.latencyMs
      ? [
          `  complete responses took ${formatDuration(requests.latencyMs.p50)} (p50), ${formatDuration(requests.latencyMs.p99)} (p99)`,
        ]
      : []),
    `  first decisions on a loaded view: ${loaded} of ${of}`,
    ...steps.map(stepLine),
    ...requests.problems.map((problem) => `  ! ${problem}`),
  ];
}

function stepLine({ kind, nth, from, to, fromMs, toMs, instances }: ReportedStep): string {
  const longest = (part: 'drainMs' | 'startMs') =>
    formatDuration(Math.max(0, ...instances.map((each) => each[part])));
  const views = instances.map(({ name, firstDecision: first }) =>
    first ? `${name} ${first.believedTotal} of ${first.othersTotal}` : `${name} none`,
  );
  return (
    `  ${kind} ${nth}: ${from} → ${to} in ${formatDuration(toMs - fromMs)}; drained within ${longest('drainMs')}, ` +
    `ready within ${longest('startMs')}; first views ${views.join(', ')}`
  );
}
