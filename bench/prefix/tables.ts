import { inferenceSchemes } from '../../tools/simulator/inference/inferenceSchemes.ts';
import { formatMarkdownTable } from '../../tools/simulator/table.ts';
import type { PrefixFigures } from './prefixFigures.ts';
import { type Estimate, estimate, findMeasured, ratio } from './ratios.ts';

const omniscient = 'omniscient greedy';

/** One table for each kind of requests and fleet: times ÷ those of the omniscient, by load. */
export function loadTables(all: readonly PrefixFigures[], experiment: string): string[] {
  const groups = new Map<string, PrefixFigures[]>();
  for (const measured of all.filter((one) => one.experiment === experiment)) {
    const name = `${measured.requests}, ${measured.fleet}`;
    groups.set(name, [...(groups.get(name) ?? []), measured]);
  }
  return [...groups].flatMap(([name, group]) => [...loadTable(name, group), '']);
}

function loadTable(name: string, group: readonly PrefixFigures[]): string[] {
  const loads = [...new Set(group.map(({ load }) => load))].sort((a, b) => (a ?? 0) - (b ?? 0));
  const percent = loads.map((load) => `${Math.round(100 * (load ?? 1))} %`).join(' / ');
  const order = inferenceSchemes.map(({ name }) => name);
  const ordered = group.toSorted(
    (a, b) => order.indexOf(a.scheme) - order.indexOf(b.scheme) || a.instances - b.instances,
  );
  const rows = [...new Set(ordered.map(({ scheme, instances }) => `${scheme}|${instances}`))].map((key) => {
    const [scheme, instances] = key.split('|') as [string, string];
    const cells = loads.map((load) => ({
      own: findMeasured(group, { load, scheme, instances: Number(instances) }),
      bound: findMeasured(group, { load, scheme: omniscient }),
    }));
    const ratios = (field: 'meanSeconds' | 'p90Seconds' | 'p99Seconds' | 'hitShare'): string =>
      cells.map(({ own, bound }) => (own && bound ? formatRatio(ratio(own, bound, field)) : '–')).join(' / ');
    const seconds = cells.map(({ own }) => (own ? formatSeconds(own) : '–')).join(' / ');
    return [
      scheme,
      instances,
      seconds,
      ratios('meanSeconds'),
      ratios('p90Seconds'),
      ratios('p99Seconds'),
      ratios('hitShare'),
    ];
  });
  return formatMarkdownTable([
    [`${name}, ${percent}`, 'instances', 'mean, s', 'mean ÷', 'p90 ÷', 'p99 ÷', 'cached ÷'],
    ...rows,
  ]);
}

function formatSeconds({ results }: PrefixFigures): string {
  return estimate(results.map(({ meanSeconds }) => meanSeconds)).mean.toFixed(2);
}

/** With the range of the seeds where it is wide. */
function formatRatio({ mean, halfRange }: Estimate): string {
  if (!Number.isFinite(mean)) return '–';
  const text = mean < 10 ? mean.toFixed(2) : mean.toFixed(0);
  return halfRange >= 0.1 * mean ? `${text}±${halfRange.toFixed(halfRange < 0.95 ? 1 : 0)}` : text;
}

/** What happens in the window under each condition, against the first one. */
export function conditionTable(all: readonly PrefixFigures[], experiment: string): string[] {
  const group = all.filter((one) => one.experiment === experiment);
  const rows = group.map((own) => {
    const { requests, scheme, instances } = own;
    const usual = findMeasured(group, { requests, scheme, instances }) as PrefixFigures;
    const mean = estimate(
      own.results.map(
        ({ window }, index) => window.meanSeconds / (usual.results[index]?.window.meanSeconds ?? 1),
      ),
    );
    const points = estimate(
      own.results.map(
        ({ window }, index) => 100 * (window.hitShare - (usual.results[index]?.window.hitShare ?? 0)),
      ),
    );
    const seconds = estimate(own.results.map(({ window }) => window.meanSeconds)).mean;
    return [
      `${requests}, ${own.condition}`,
      scheme,
      seconds.toFixed(3),
      `${mean.mean.toFixed(2)} ± ${mean.halfRange.toFixed(2)}`,
      `${points.mean.toFixed(1)} ± ${points.halfRange.toFixed(1)}`,
    ];
  });
  return formatMarkdownTable([
    ['in the window', 'scheme', 'mean, s', '÷ the first', 'points of hits'],
    ...rows,
  ]);
}
