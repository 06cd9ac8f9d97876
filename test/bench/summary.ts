import type { Measured } from './measure.ts';
import { aloneName, referenceName } from './setups.ts';

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
  readonly pacedSchedulerCpuUs: Spread | undefined;
  readonly pacedEnvoyCpuUs: Spread;
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
    const ofScheduler = (figure: (one: Measured) => number | null) => {
      const values = rounds.map(figure).filter((value) => value !== null);
      return values.length === 0 ? undefined : spread(values);
    };
    return {
      setup,
      perSecond: of(({ saturated }) => saturated.perSecond),
      schedulerCpuUs: ofScheduler(({ saturated }) => saturated.schedulerCpuUs),
      envoyCpuUs: of(({ saturated }) => saturated.envoyCpuUs),
      pacedSchedulerCpuUs: ofScheduler(({ paced }) => paced.schedulerCpuUs),
      pacedEnvoyCpuUs: of(({ paced }) => paced.envoyCpuUs),
      p50Ms: of(({ paced }) => paced.p50Ms),
      p99Ms: of(({ paced }) => paced.p99Ms),
      p999Ms: of(({ paced }) => paced.p999Ms),
      failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
    };
  });
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}

/** The figures as a Markdown table. */
export function table(summaries: readonly Summary[], rate: number): string[] {
  const rows = summaries.map((one) =>
    [
      one.setup,
      shown(one.perSecond, 0),
      shown(one.schedulerCpuUs, 1),
      shown(one.envoyCpuUs, 0),
      shown(one.pacedSchedulerCpuUs, 0),
      shown(one.pacedEnvoyCpuUs, 0),
      shown(one.p50Ms, 2),
      shown(one.p99Ms, 2),
      shown(one.p999Ms, 2),
      String(one.failed),
    ].join(' | '),
  );
  return [
    `| setup | requests/s | scheduler µs | Envoy µs | scheduler µs at ${rate}/s | Envoy µs at ${rate}/s | p50 ms | p99 ms | p99.9 ms | failed |`,
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ];
}

/** Each setup against the Go no-op: processor time, throughput; and the latency it adds to Envoy alone. */
export function ratios(summaries: readonly Summary[]): string[] {
  const go = summaries.find(({ setup }) => setup === referenceName);
  const alone = summaries.find(({ setup }) => setup === aloneName);
  if (go?.schedulerCpuUs === undefined || go.pacedSchedulerCpuUs === undefined) return [];
  const times = (one: Spread | undefined, reference: Spread) =>
    `${((one?.median ?? Number.NaN) / reference.median).toFixed(2)} ×`;
  const [goCpu, goPacedCpu] = [go.schedulerCpuUs, go.pacedSchedulerCpuUs];
  return [
    `| against ${referenceName} | scheduler CPU | at a fixed rate | Envoy CPU | throughput | p50 / p99 over ${aloneName} |`,
    '|---|---|---|---|---|---|',
    ...summaries.map((one) => {
      const isScheduler = one.schedulerCpuUs !== undefined;
      const added = (figure: (one: Summary) => Spread) =>
        alone === undefined ? '–' : (figure(one).median - figure(alone).median).toFixed(2);
      const cells = [
        one.setup,
        isScheduler ? times(one.schedulerCpuUs, goCpu) : '–',
        isScheduler ? times(one.pacedSchedulerCpuUs, goPacedCpu) : '–',
        times(one.envoyCpuUs, go.envoyCpuUs),
        times(one.perSecond, go.perSecond),
        isScheduler ? `${added(({ p50Ms }) => p50Ms)} / ${added(({ p99Ms }) => p99Ms)} ms` : '–',
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

export function shown(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '–';
  const { median, min, max } = spread;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
