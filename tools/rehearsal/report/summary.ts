import { percent } from '../promptWindows.ts';
import { formatDuration } from '../verdict.ts';
import { loadedDecisions, type RehearsalReport, type ReportedPrompts, type ReportedStep } from './report.ts';

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
    ...(report.prompts ? promptLines(report.prompts) : []),
    ...requests.problems.map((problem) => `  ! ${problem}`),
  ];
}

function promptLines({ workload, windows, changeMs, faults }: ReportedPrompts): string[] {
  return [
    `  ${workload}: prompt tokens found in the caches of pods (of those said before; without turns that Envoy placed), first token p50 and p99`,
    ...windows.map(({ fromMs, toMs, requests, hitRate, foundShare, placedShare, firstTokenMs }) => {
      const fault = faults.find((each) => fromMs < each.toMs && toMs > each.fromMs);
      const when = fault?.kind ?? (toMs <= changeMs ? 'before' : 'after');
      const times = `${formatDuration(firstTokenMs.p50)}, ${formatDuration(firstTokenMs.p99)}`;
      const rates = `${percent(hitRate)} (${percent(foundShare)}; ${percent(placedShare)})`;
      return `    ${when} ${fromMs / 1000} to ${toMs / 1000} s: ${rates} in ${requests} requests, ${times}`;
    }),
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
