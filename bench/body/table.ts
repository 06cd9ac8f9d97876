import { aloneName } from '../setups.ts';
import { formatSpread, spread } from '../summary.ts';
import type { BodyLoad, MeasuredBodies } from './measure.ts';
import { batonName, fullDuplexName, pickerName } from './setups.ts';

/**
 * Full duplex relative to our own mode, where Envoy buffers what is read. Each ratio is of one
 * round.
 */
export function fullDuplexTable(measured: readonly MeasuredBodies[], loads: readonly BodyLoad[]): string[] {
  const rows = loads.map((load) => {
    const ofLoad = measured.filter((one) => isOf(one, load));
    const ratio = (figure: (one: MeasuredBodies) => number): string => {
      const values = ofLoad.flatMap((own) => {
        if (own.setup !== fullDuplexName) return [];
        const other = ofLoad.find(({ setup, round }) => setup === batonName && round === own.round);
        return other === undefined ? [] : [figure(own) / figure(other)];
      });
      return values.length === 0 ? '–' : formatSpread(spread(values), 2);
    };
    const cells = [
      ...loadCells(load),
      ratio(({ perSecond }) => perSecond),
      ratio(({ schedulerCpuUs }) => schedulerCpuUs ?? Number.NaN),
      ratio(({ schedulerCpuUs, envoyCpuUs }) => (schedulerCpuUs ?? Number.NaN) + envoyCpuUs),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `| ${fullDuplexName}, × ${batonName} | at once | requests/s | scheduler µs | with Envoy's |`,
    '|---|---|---|---|---|',
    ...rows,
  ];
}

const isOf = (one: MeasuredBodies, { bodyBytes, clients, rate, events }: BodyLoad): boolean =>
  one.bodyBytes === bodyBytes && one.clients === clients && one.rate === rate && one.events === events;

const loadCells = ({ bodyBytes, clients, rate, events }: BodyLoad): readonly string[] => [
  events === undefined ? `${bodyBytes / 1000} KB` : `${events} events`,
  rate === undefined ? `${clients}` : `${clients}, ${rate}/s`,
];

/**
 * A row for each load and setup. Ratios are to the Go picker and added latencies to Envoy alone,
 * both of the same round.
 */
export function bodyTable(
  measured: readonly MeasuredBodies[],
  loads: readonly BodyLoad[],
  setups: readonly string[],
): string[] {
  const rows = loads.flatMap((load) => {
    const ofLoad = measured.filter((one) => isOf(one, load));
    return setups.map((setup) => row(load, setup, ofLoad));
  });
  return [
    `| prompt | at once | setup | requests/s | × ${pickerName} | p50 ms | over ${aloneName} | p99 ms | scheduler µs | × ${pickerName} | Envoy µs | failed |`,
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

function row(load: BodyLoad, setup: string, ofLoad: readonly MeasuredBodies[]): string {
  const own = ofLoad.filter((one) => one.setup === setup);
  const of = (figure: (one: MeasuredBodies) => number | null, digits: number): string => {
    const values = own.map(figure).filter((value) => value !== null && Number.isFinite(value));
    return values.length === 0 ? '–' : formatSpread(spread(values as number[]), digits);
  };
  const other = (name: string, one: MeasuredBodies) =>
    name === setup ? undefined : ofLoad.find(({ setup, round }) => setup === name && round === one.round);
  const toPicker = (figure: (one: MeasuredBodies) => number | null) => (one: MeasuredBodies) => {
    const [value, reference] = [figure(one), other(pickerName, one)];
    const base = reference === undefined ? null : figure(reference);
    return value === null || base === null ? null : value / base;
  };
  const cells = [
    ...loadCells(load),
    setup,
    of(({ perSecond }) => perSecond, 0),
    of(
      toPicker(({ perSecond }) => perSecond),
      2,
    ),
    of(({ p50Ms }) => p50Ms, 1),
    of((one) => one.p50Ms - (other(aloneName, one)?.p50Ms ?? Number.NaN), 1),
    of(({ p99Ms }) => p99Ms, 1),
    of(({ schedulerCpuUs }) => schedulerCpuUs, 0),
    of(
      toPicker(({ schedulerCpuUs }) => schedulerCpuUs),
      2,
    ),
    of(({ envoyCpuUs }) => envoyCpuUs, 0),
    own.reduce((sum, { failed }) => sum + failed, 0),
  ];
  return `| ${cells.join(' | ')} |`;
}
