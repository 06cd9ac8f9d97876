import type { Measured } from './measure.ts';
import { aloneName, referenceName } from './setups.ts';

/** One figure over all rounds: its median, and the smallest and largest as its spread. */
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

/** @param setups in the order to be formatSpread */
export function summarize(measured: readonly Measured[], setups: readonly string[]): Summary[] {
  return setups.map((setup) => {
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
export function benchTable(summaries: readonly Summary[], rate: number): string[] {
  const rows = summaries.map((one) =>
    [
      one.setup,
      formatSpread(one.perSecond, 0),
      formatSpread(one.schedulerCpuUs, 1),
      formatSpread(one.envoyCpuUs, 0),
      formatSpread(one.pacedSchedulerCpuUs, 0),
      formatSpread(one.pacedEnvoyCpuUs, 0),
      formatSpread(one.p50Ms, 2),
      formatSpread(one.p99Ms, 2),
      formatSpread(one.p999Ms, 2),
      String(one.failed),
    ].join(' | '),
  );
  return [
    `| setup | requests/s | scheduler µs | Envoy µs | scheduler µs at ${rate}/s | Envoy µs at ${rate}/s | p50 ms | p99 ms | p99.9 ms | failed |`,
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ];
}

/**
 * Each setup relative to the Go no-op: processor time, throughput; and the latency that it adds to
 * Envoy alone. Each ratio is of one round, so that the state of the machine cancels out; the median
 * of all rounds is formatSpread.
 */
export function ratioTable(measured: readonly Measured[], setups: readonly string[]): string[] {
  const compared = (setup: string, other: string, compare: Comparison): string => {
    const values = measured
      .filter((one) => one.setup === setup)
      .map((own) => {
        const reference = measured.find((one) => one.setup === other && one.round === own.round);
        return reference === undefined ? Number.NaN : compare(own, reference);
      });
    const known = values.filter(Number.isFinite);
    return known.length === 0 ? '–' : formatSpread(spread(known), 2);
  };
  return [
    `| against ${referenceName}, × | scheduler CPU | at a fixed rate | Envoy CPU | throughput | p50 over ${aloneName}, ms | p99, ms |`,
    '|---|---|---|---|---|---|---|',
    ...setups.map((setup) => {
      const toReference = (figure: (one: Measured) => number | null) =>
        compared(setup, referenceName, (own, reference) => ratio(figure(own), figure(reference)));
      const toAlone = (figure: (one: Measured) => number) =>
        setup === aloneName ? '–' : compared(setup, aloneName, (own, alone) => figure(own) - figure(alone));
      const cells = [
        setup,
        toReference(({ saturated }) => saturated.schedulerCpuUs),
        toReference(({ paced }) => paced.schedulerCpuUs),
        toReference(({ saturated }) => saturated.envoyCpuUs),
        toReference(({ saturated }) => saturated.perSecond),
        toAlone(({ paced }) => paced.p50Ms),
        toAlone(({ paced }) => paced.p99Ms),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

type Comparison = (own: Measured, other: Measured) => number;

function ratio(own: number | null, other: number | null): number {
  return own === null || other === null ? Number.NaN : own / other;
}

export function formatSpread(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return '–';
  const { median, min, max } = spread;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
