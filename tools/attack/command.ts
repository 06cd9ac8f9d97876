import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { waitForInterrupt } from '../testbed/interrupt.ts';
import { runAttacks } from './runAttacks.ts';
import { attackTables } from './table.ts';
import { problemsOf } from './verdict.ts';

/**
 * `make attack`: every attack beside a well-behaved client, with the figures as a table; `--save
 * FILE.md` writes it between the marks in that file. The exit code is 1 when something did not
 * hold. Needs Linux, whose /proc has memory and descriptors.
 */
const options = {
  only: { type: 'string' },
  save: { type: 'string' },
  seconds: { type: 'string', default: '8' },
} as const;
const marked = /(<!-- attack:begin[^>]*-->\n).*(<!-- attack:end -->)/s;
const { only, save, seconds } = parseFlags();
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const interrupt = new AbortController();
void waitForInterrupt().then(() => interrupt.abort());

let failed = 0;
const rows = await runAttacks({
  seconds,
  size: 1,
  freshInstances: true,
  isGood: (row) => problemsOf(row, 'counts').length > 0 || problemsOf(row, 'figures').length === 0,
  signal: interrupt.signal,
  ...(only !== undefined && { only }),
  onMeasured: (row) => {
    const problems = problemsOf(row, 'figures');
    if (problems.length > 0) failed += 1;
    print(`${row.name}: ${problems.length === 0 ? 'held' : `NOT HELD: ${problems.join('; ')}`}`);
  },
});
const tables = attackTables(rows);
for (const line of ['', ...tables]) print(line);
if (save !== undefined) await writeTables(save, tables.join('\n'));
print(`${rows.length - failed} of ${rows.length} attacks held off`);
process.exit(failed === 0 && rows.length > 0 ? 0 : 1);

async function writeTables(file: string, text: string): Promise<void> {
  const page = await readFile(file, 'utf8');
  await writeFile(
    file,
    page.replace(marked, (_, begin, end) => `${begin}\n${text}${end}`),
  );
}

function parseFlags(): { only: string | undefined; save: string | undefined; seconds: number } {
  try {
    const { values } = parseArgs({ options });
    const given = Number(values.seconds);
    if (!(given > 0)) throw new Error(`--seconds is "${values.seconds}"; expected a number, such as 8`);
    if (values.save !== undefined && !marked.test(readFileSync(values.save, 'utf8'))) {
      throw new Error(`--save: ${values.save} has no marks "attack:begin" and "attack:end"`);
    }
    return { only: values.only, save: values.save, seconds: given };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nFlags: --seconds 8, --only floods, --save FILE.md\n`);
    process.exit(64);
  }
}
