import { readFileSync, writeFileSync } from 'node:fs';
import { prefixChart } from './chart.ts';
import type { PrefixFigures } from './prefixFigures.ts';
import { conditionTable, loadTables } from './tables.ts';

/** Prints the tables of what `bench.ts` has measured, and writes the chart. */
const [file = '.run/prefix.jsonl', chart] = process.argv.slice(2);
const all = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as PrefixFigures);

for (const experiment of ['agreement', 'load', 'bursts', 'ladder', 'slow pods']) {
  process.stdout.write(`## ${experiment}\n\n${loadTables(all, experiment).join('\n')}\n`);
}
for (const experiment of ['upgrade', 'late']) {
  process.stdout.write(`## ${experiment}\n\n${conditionTable(all, experiment).join('\n')}\n\n`);
}
if (chart !== undefined) writeFileSync(chart, prefixChart(all));
