import { formatMarkdownTable } from '../table.ts';
import type { InferenceOutcome } from './runInference.ts';

/** One scheme with so many instances, over all seeds. */
export interface InferenceRow {
  readonly scheme: string;
  readonly instances: number;
  readonly outcomes: readonly InferenceOutcome[];
}

/** As a Markdown table; the first row is what the others are compared with. */
export function inferenceTable(title: string, rows: readonly InferenceRow[]): string[] {
  const bound = rows[0] === undefined ? 0 : meanOf(rows[0], 'meanSeconds');
  const head = [title, 'instances', 'mean', '÷ omniscient', 'lowest–highest', 'p50', 'p90', 'p99', 'cached'];
  const body = rows.map((row) => {
    const means = row.outcomes.map(({ meanSeconds }) => meanSeconds);
    const mean = meanOf(row, 'meanSeconds');
    return [
      row.scheme,
      String(row.instances),
      mean.toFixed(2),
      (mean / bound).toFixed(2),
      `${Math.min(...means).toFixed(2)}–${Math.max(...means).toFixed(2)}`,
      meanOf(row, 'p50Seconds').toFixed(2),
      meanOf(row, 'p90Seconds').toFixed(2),
      meanOf(row, 'p99Seconds').toFixed(2),
      `${(100 * meanOf(row, 'hitShare')).toFixed(1)} %`,
    ];
  });
  return formatMarkdownTable([head, ...body]);
}

function meanOf({ outcomes }: InferenceRow, field: keyof InferenceOutcome): number {
  return outcomes.reduce((sum, outcome) => sum + outcome[field], 0) / outcomes.length;
}
