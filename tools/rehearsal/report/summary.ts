import { ms } from '../verdict.ts';
import { loadedDecisions, type RehearsalReport, type ReportedStep } from './report.ts';

/** A report on the terminal: the verdict, and a line a step. Pure. */
export function summary(report: RehearsalReport): string[] {
  const { passed, complaints, requests, steps, durationMs } = report;
  const { loaded, of } = loadedDecisions(report);
  return [
    `Verdict: ${passed ? 'no client noticed.' : 'FAILED'}`,
    ...complaints.map((complaint) => `  ✗ ${complaint}`),
    `  requests sent ${requests.sent}, served ${requests.ok}, failed ${requests.failed}, cut ${requests.cut}, in ${ms(durationMs)}`,
    ...(requests.latencyMs
      ? [
          `  a whole answer took ${ms(requests.latencyMs.p50)} (median), ${ms(requests.latencyMs.p99)} (99 of 100)`,
        ]
      : []),
    `  first decisions on a loaded view: ${loaded} of ${of}`,
    ...steps.map(stepLine),
    ...requests.problems.map((problem) => `  ! ${problem}`),
  ];
}

function stepLine({ kind, nth, from, to, fromMs, toMs, instances }: ReportedStep): string {
  const longest = (part: 'drainMs' | 'startMs') => ms(Math.max(0, ...instances.map((each) => each[part])));
  const views = instances.map(({ name, firstDecision: first }) =>
    first ? `${name} ${first.believedTotal} of ${first.othersTotal}` : `${name} none`,
  );
  return (
    `  ${kind} ${nth}: ${from} → ${to} in ${ms(toMs - fromMs)}; drained in ${longest('drainMs')} at most, ` +
    `ready ${longest('startMs')} later at most; first views ${views.join(', ')}`
  );
}
