import type { Measured } from './measure.ts';

/** Rounds of one figure: the middle one, and the smallest and largest as its spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Summary {
  readonly setup: string;
  readonly perSecond: Spread;
  readonly schedulerCpuUs: Spread | undefined;
  readonly envoyCpuUs: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly p999Ms: Spread;
  readonly failed: number;
}

export function summarize(measured: readonly Measured[]): Summary[] {
  const names = [...new Set(measured.map(({ setup }) => setup))];
  return names.map((setup) => {
    const rounds = measured.filter((one) => one.setup === setup);
    const of = (figure: (one: Measured) => number) => spread(rounds.map(figure));
    const hasScheduler = rounds.every(({ schedulerCpuUs }) => schedulerCpuUs !== null);
    return {
      setup,
      perSecond: of(({ perSecond }) => perSecond),
      schedulerCpuUs: hasScheduler ? of(({ schedulerCpuUs }) => schedulerCpuUs ?? 0) : undefined,
      envoyCpuUs: of(({ envoyCpuUs }) => envoyCpuUs),
      p50Ms: of(({ p50Ms }) => p50Ms),
      p99Ms: of(({ p99Ms }) => p99Ms),
      p999Ms: of(({ p999Ms }) => p999Ms),
      failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
    };
  });
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}

/** The figures as a Markdown table, and the ratios that matter below it. */
export function table(summaries: readonly Summary[]): string[] {
  const rows = summaries.map((one) =>
    [
      one.setup,
      shown(one.perSecond, 0),
      one.schedulerCpuUs === undefined ? '–' : shown(one.schedulerCpuUs, 1),
      shown(one.envoyCpuUs, 0),
      shown(one.p50Ms, 2),
      shown(one.p99Ms, 2),
      shown(one.p999Ms, 2),
      String(one.failed),
    ].join(' | '),
  );
  return [
    '| setup | requests/s | scheduler µs | Envoy µs | p50 ms | p99 ms | p99.9 ms | failed |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ];
}

/** Each setup against a reference: scheduler's processor time, throughput, and latency added to Envoy alone. */
export function ratios(summaries: readonly Summary[], reference = 'Go no-op'): string[] {
  const go = summaries.find(({ setup }) => setup === reference);
  const alone = summaries.find(({ setup }) => setup === 'Envoy alone');
  if (go?.schedulerCpuUs === undefined || alone === undefined) return [];
  const goCpu = go.schedulerCpuUs.median;
  return summaries.flatMap(({ setup, schedulerCpuUs, perSecond, p50Ms, p99Ms }) => {
    if (schedulerCpuUs === undefined) return [];
    const cpu = (schedulerCpuUs.median / goCpu).toFixed(2);
    const throughput = (perSecond.median / go.perSecond.median).toFixed(2);
    const added = `${(p50Ms.median - alone.p50Ms.median).toFixed(2)} / ${(p99Ms.median - alone.p99Ms.median).toFixed(2)}`;
    return [
      `${setup}: scheduler CPU ${cpu} × and throughput ${throughput} × the ${reference}'s; added p50 / p99 ${added} ms`,
    ];
  });
}

function shown({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
