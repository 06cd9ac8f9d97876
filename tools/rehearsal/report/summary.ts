import { formatDuration } from '../verdict.ts';
import { loadedDecisions, type RehearsalReport, type ReportedStep } from './report.ts';

/** A report on the terminal: the verdict, and a line a step. Pure. */
export function summary(report: RehearsalReport): string[] {
  const { passed, failures, requests, steps, durationMs } = report;
  const { loaded, of } = loadedDecisions(report);
  return [
    `Verdict: ${passed ? 'no client noticed.' : 'FAILED'}`,
    ...failures.map((failure) => `  ✗ ${failure}`),
    `  requests sent ${requests.sent}, served ${requests.ok}, failed ${requests.failed}, cut ${requests.cut}, in ${formatDuration(durationMs)}`,
    ...(requests.latencyMs
      ? [
          `  a whole answer took ${formatDuration(requests.latencyMs.p50)} (median), ${formatDuration(requests.latencyMs.p99)} (99 of 100)`,
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
    `  ${kind} ${nth}: ${from} → ${to} in ${formatDuration(toMs - fromMs)}; drained in ${longest('drainMs')} at most, ` +
    `ready ${longest('startMs')} later at most; first views ${views.join(', ')}`
  );
}
