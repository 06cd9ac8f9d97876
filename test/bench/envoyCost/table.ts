import { shown, spread } from '../summary.ts';
import type { MeasuredVariant } from './measureVariant.ts';
import { shippedName, variantGroups } from './variants.ts';

/** The rounds of each variant as a Markdown table, by groups. */
export function variantTable(measured: readonly MeasuredVariant[]): string[] {
  const rows = variantGroups.flatMap(({ about, variants }) => {
    const cells = variants.flatMap(({ name }) => row(name, measured));
    return cells.length === 0 ? [] : [`| **${about}** | | | | | | |`, ...cells];
  });
  return [
    '| variant | Envoy µs | to shipped | scheduler µs | requests/s to shipped | exact | failed |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ];
}

function row(name: string, measured: readonly MeasuredVariant[]): string[] {
  const rounds = measured.filter(({ variant }) => variant === name);
  if (rounds.length === 0) return [];
  const shipped = (round: number) =>
    measured.find((one) => one.variant === shippedName && one.round === round);
  const ratio = (figure: (one: MeasuredVariant) => number) =>
    spread(
      rounds.map((one) => {
        const reference = shipped(one.round);
        return reference === undefined ? Number.NaN : figure(one) / figure(reference);
      }),
    );
  const cells = [
    name,
    spread(rounds.map(({ envoyCpuUs }) => envoyCpuUs)).median.toFixed(0),
    shown(
      ratio(({ envoyCpuUs }) => envoyCpuUs),
      2,
    ),
    spread(rounds.map(({ schedulerCpuUs }) => schedulerCpuUs)).median.toFixed(0),
    shown(
      ratio(({ perSecond }) => perSecond),
      2,
    ),
    rounds.every(({ isExact }) => isExact) ? 'yes' : '**no**',
    String(rounds.reduce((sum, { failed }) => sum + failed, 0)),
  ];
  return [`| ${cells.join(' | ')} |`];
}
