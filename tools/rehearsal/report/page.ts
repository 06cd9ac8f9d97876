import { formatElapsed } from '../../charts/axes.ts';
import { html, Markup } from '../../charts/markup.ts';
import { pageStyle } from '../../charts/pageStyle.ts';
import { percent } from '../promptWindows.ts';
import { formatDuration } from '../verdict.ts';
import { instanceClass, phaseClass } from './panels.ts';
import { loadedDecisions, type RehearsalReport, type ReportedInstance, type ReportedStep } from './report.ts';
import { timelineChart } from './timelineChart.ts';

/** report.html: one self-contained page, without scripts or network requests. Pure. */
export function page(report: RehearsalReport): string {
  const { passed, startedAt } = report;
  const title = `Rehearsal of ${startedAt.slice(0, 10)}: ${passed ? 'no client noticed' : 'FAILED'}`;
  const content = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<main>
${verdictBox(report)}
${tiles(report)}
<h2>Timeline</h2>
<div class="sheet">${legend(report)}${timelineChart(report)}</div>
${promptTable(report)}
<h2>First decisions</h2>
${decisionTable(report)}
${problems(report)}
<h2>Setup</h2>
${setup(report)}
</main>
</body>
</html>
`;
  return content.text;
}

function verdictBox(report: RehearsalReport): Markup {
  const { passed, failures, setup, steps, durationMs } = report;
  const count = (kind: ReportedStep['kind']) => steps.filter((step) => step.kind === kind).length;
  const rollbacks = setup.rollbacks > 0 ? ` and ${plural(count('rollback'), 'rollback')}` : '';
  const summary = `${plural(count('upgrade'), 'rolling upgrade')}${rollbacks} of ${plural(setup.replicas, 'instance')}, ${setup.from.release} → ${setup.to.release}, under ${plural(setup.clients, 'streaming client')}, in ${formatElapsed(durationMs)}`;
  const items = failures.map((failure) => html`<li>${failure}</li>`);
  return html`<section class="verdict ${passed ? 'good' : 'bad'}"><h1>${passed ? 'No client noticed' : 'A client could notice'}</h1><p>${summary}</p>${items.length > 0 ? html`<ul>${items}</ul>` : html``}</section>`;
}

function tiles(report: RehearsalReport): Markup {
  const { requests, steps, timeline } = report;
  const { loaded, of } = loadedDecisions(report);
  const instances = steps.flatMap((step) => step.instances);
  const longest = (part: 'drainMs' | 'startMs') =>
    instances.length === 0 ? '–' : formatDuration(Math.max(...instances.map((each) => each[part])));
  const ages = timeline.instances.flatMap(({ viewAgeMs }) => viewAgeMs.filter((age) => age !== null));
  const tile = (value: string, name: string, kind: '' | 'good' | 'bad' = '') =>
    html`<div class="tile ${kind}"><h2>${name}</h2><b>${value}</b></div>`;
  const zeroIsGood = (count: number) => (count === 0 ? 'good' : 'bad');
  return html`<div class="tiles">${[
    tile(requests.sent.toLocaleString('en'), 'requests sent'),
    tile(String(requests.failed), 'failed', zeroIsGood(requests.failed)),
    tile(String(requests.cut), 'cut', zeroIsGood(requests.cut)),
    tile(`${loaded} of ${of}`, 'first decisions on a loaded view', loaded === of ? 'good' : 'bad'),
    tile(longest('drainMs'), 'longest drain'),
    tile(longest('startMs'), 'longest start'),
    tile(requests.latencyMs ? formatDuration(requests.latencyMs.p99) : '–', 'complete response, p99'),
    tile(ages.length === 0 ? '–' : formatDuration(quantile(ages, 0.99)), 'age of the view, p99 of samples'),
  ]}</div>`;
}

/** `stopped` is too short to see, and drawn like down. */
const phases = ['starting', 'ready', 'standby', 'draining', 'down'];

function legend({ timeline }: RehearsalReport): Markup {
  const seen = new Set(timeline.instances.flatMap(({ spans }) => spans.map(({ phase }) => phase)));
  const entry = (className: string, name: string) => html`<span><i class="${className}"></i>${name}</span>`;
  return html`<p class="legend">${[
    ...phases.filter((phase) => seen.has(phase)).map((phase) => entry(phaseClass(phase), phase)),
    ...timeline.instances.map(({ name }, index) => entry(instanceClass(index), `instance ${name}`)),
  ]}</p>`;
}

function promptTable({ prompts }: RehearsalReport): Markup {
  if (prompts === undefined) return html``;
  const rows = prompts.windows.map(
    ({ fromMs, toMs, requests, hitRate, foundShare, placedShare, firstTokenMs }) =>
      html`<tr><td>${prompts.faults.find((each) => fromMs < each.toMs && toMs > each.fromMs)?.kind ?? (toMs <= prompts.changeMs ? 'before' : 'after the first change')}</td><td>${fromMs / 1000}–${toMs / 1000} s</td><td>${requests}</td><td>${percent(hitRate)}</td><td>${percent(foundShare)}</td><td>${percent(placedShare)}</td><td>${formatDuration(firstTokenMs.p50)}</td><td>${formatDuration(firstTokenMs.p99)}</td></tr>
`,
  );
  return html`<h2>Caches of pods</h2><div class="sheet"><p>Conversations (${prompts.workload}): the share of prompt tokens that the pod had in its cache, of those that were sent before in the same conversation, and of these without the turns that Envoy placed while no instance ran.</p><table class="figures"><thead><tr><th></th><th>answered</th><th>requests</th><th>cached</th><th>of those said before</th><th>that an instance placed</th><th>first token p50</th><th>p99</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function decisionTable({ steps, pods }: RehearsalReport): Markup {
  const podColumns = Object.values(pods).map((name) => html`<th>${name}</th>`);
  const rows = steps.flatMap((step) => step.instances.map((instance, nth) => row(step, instance, nth, pods)));
  return html`<div class="sheet"><p>Requests in flight in the view of the new instance at its first decision / as counted by the others at that time.</p><table class="figures"><thead><tr><th>step</th><th class="text">release</th><th class="text">instance</th><th>drained in</th><th>ready after</th>${podColumns}<th>total</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function row(
  { kind, nth, from, to }: ReportedStep,
  { name, drainMs, startMs, firstDecision: first }: ReportedInstance,
  place: number,
  pods: RehearsalReport['pods'],
): Markup {
  const isFirst = place === 0;
  const pair = (believed: number, counted: number) => `${Math.round(believed)} / ${Math.round(counted)}`;
  const cells = Object.keys(pods).map((address) =>
    first
      ? html`<td>${pair(first.believed[address] ?? 0, first.othersCounted[address] ?? 0)}</td>`
      : html`<td>–</td>`,
  );
  const total = first ? pair(first.believedTotal, first.othersTotal) : 'none';
  return html`<tr class="${isFirst ? 'first' : ''}"><td>${isFirst ? `${kind} ${nth}` : ''}</td><td class="text">${isFirst ? `${from} → ${to}` : ''}</td><td class="text">${name}</td><td>${formatDuration(drainMs)}</td><td>${formatDuration(startMs)}</td>${cells}<td class="${first?.isLoaded ? '' : 'bad'}">${total}</td></tr>
`;
}

function problems({ requests }: RehearsalReport): Markup {
  if (requests.problems.length === 0) return html``;
  const items = requests.problems.map((problem) => html`<li><code>${problem}</code></li>`);
  return html`<h2>First failed requests</h2><div class="sheet"><ul>${items}</ul></div>`;
}

function setup({ setup: options, facts, startedAt, requests }: RehearsalReport): Markup {
  const describeBuild = (release: string, command: readonly string[] | undefined) =>
    command ? `${release}: ${command.join(' ')}` : `${release} (this build)`;
  const rows: [string, string][] = [
    ['started', startedAt],
    ['from', describeBuild(options.from.release, options.from.command)],
    ['to', describeBuild(options.to.release, options.to.command)],
    [
      'load',
      `${options.clients} clients with streams of ${options.streamSeconds} s, ${options.requestsPerSecond} short requests per second`,
    ],
    [
      'responses by pod',
      Object.entries(requests.byPod)
        .map(([pod, count]) => `${pod} ${count}`)
        .join(', '),
    ],
    ['machine', `${facts.processors} × ${facts.processor}, ${facts.memoryGiB} GiB, ${facts.platform}`],
    ['machine load', `${facts.loadPerProcessor} per processor in the last minute`],
    [
      'versions',
      Object.entries(facts.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ];
  return html`<div class="sheet"><dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
