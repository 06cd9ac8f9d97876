import type { SimulationOutcome } from './observations.ts';

/** One scheme in one scenario. */
export interface Row extends SimulationOutcome {
  readonly scenario: string;
  readonly scheme: string;
}

/** The mean of the results of several seeds. */
export function combine(outcomes: readonly SimulationOutcome[]): SimulationOutcome {
  const mean = (of: (outcome: SimulationOutcome) => number): number =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / outcomes.length;
  return {
    requests: outcomes.reduce((sum, { requests }) => sum + requests, 0),
    waitMs: {
      p50: mean(({ waitMs }) => waitMs.p50),
      p99: mean(({ waitMs }) => waitMs.p99),
      p999: mean(({ waitMs }) => waitMs.p999),
    },
    maxOverMean: mean(({ maxOverMean }) => maxOverMean),
    herds: mean(({ herds }) => herds),
    writesPerSecond: mean(({ writesPerSecond }) => writesPerSecond),
  };
}

/** The rows of one scenario as a Markdown table, its columns aligned. */
export function simulationTable(rows: readonly Row[]): string[] {
  const cells = [
    [rows[0]?.scenario ?? '', 'p50', 'p99', 'p99.9', 'max/mean', 'herds', 'writes/s'],
    ...rows.map(({ scheme, waitMs, maxOverMean, herds, writesPerSecond }) => [
      scheme,
      waitMs.p50.toFixed(0),
      waitMs.p99.toFixed(0),
      waitMs.p999.toFixed(0),
      maxOverMean.toFixed(2),
      herds.toFixed(1),
      writesPerSecond.toFixed(1),
    ]),
  ];
  return formatMarkdownTable(cells);
}

/** A Markdown table with formatMarkdownTable columns; the first row is the head. */
export function formatMarkdownTable(cells: readonly (readonly string[])[]): string[] {
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  const line = (of: readonly string[]): string =>
    `| ${of.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [head, ...body] = cells;
  return [line(head ?? []), line(rule), ...body.map(line)];
}
