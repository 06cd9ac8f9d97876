import type { MeasuredAttack } from './measuredAttack.ts';
import { mib, ms, problemsOf } from './verdict.ts';

const head = [
  'attack',
  'median',
  'max',
  'failed',
  'stall (work)',
  'memory',
  'connections (ended)',
  'descriptors',
  'held',
];

/** The figures as Markdown, a table for each group. */
export function attackTables(rows: readonly MeasuredAttack[]): string[] {
  return [...Map.groupBy(rows, ({ group }) => group)].flatMap(([group, ofGroup]) => [
    `### ${group.charAt(0).toUpperCase()}${group.slice(1)}`,
    '',
    line(head),
    line(head.map((_, column) => (column === 0 ? '---' : '--:'))),
    ...ofGroup.map((row) => line(cells(row))),
    '',
  ]);
}

function cells(row: MeasuredAttack): string[] {
  const { name, neighbour, attacker, stall, memory, descriptors } = row;
  const failed = neighbour.failed + neighbour.heldLost;
  return [
    name,
    ms(neighbour.medianMs),
    ms(neighbour.maxMs),
    `${failed} of ${neighbour.served + neighbour.failed}`,
    `${ms(stall.ms)} (${ms(stall.cpuMs)})`,
    `${mib(memory.before)}, ${mib(memory.most)}, ${mib(memory.after)}`,
    `${attacker.opened} (${attacker.closed})`,
    `${descriptors.before}, ${descriptors.after}`,
    problemsOf(row, 'figures').length === 0 ? 'yes' : '**no**',
  ];
}

const line = (of: readonly string[]): string => `| ${of.join(' | ')} |`;
