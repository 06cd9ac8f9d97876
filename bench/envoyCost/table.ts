import { formatSpread, spread } from '../summary.ts';
import type { Cost, MeasuredVariant } from './measureVariant.ts';
import { variantGroups } from './variants.ts';

/** The rounds of each variant as a Markdown table, by groups. */
export function variantTable(measured: readonly MeasuredVariant[]): string[] {
  const rows = variantGroups.flatMap(({ about, variants }) => {
    const cells = variants.flatMap(({ name }) => row(name, measured));
    return cells.length === 0 ? [] : [`| **${about}** | | | | | | |`, ...cells];
  });
  return [
    '| variant | Envoy | Envoy, µs | scheduler | both | exact | failed |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

function row(name: string, measured: readonly MeasuredVariant[]): string[] {
  const rounds = measured.filter(({ variant }) => variant === name);
  if (rounds.length === 0) return [];
  const ratio = (figure: (one: Cost) => number) =>
    formatSpread(spread(rounds.map((one) => figure(one) / figure(one.shipped))), 2);
  const cells = [
    name,
    ratio(({ envoyCpuUs }) => envoyCpuUs),
    spread(rounds.map(({ envoyCpuUs }) => envoyCpuUs)).median.toFixed(0),
    ratio(({ schedulerCpuUs }) => schedulerCpuUs),
    ratio(({ envoyCpuUs, schedulerCpuUs }) => envoyCpuUs + schedulerCpuUs),
    rounds.every(({ isExact }) => isExact) ? 'yes' : '**no**',
    String(rounds.reduce((sum, { failed }) => sum + failed, 0)),
  ];
  return [`| ${cells.join(' | ')} |`];
}
