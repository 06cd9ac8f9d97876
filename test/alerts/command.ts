import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { alerts } from '../../scripts/monitoring/alerts.ts';
import { waitForInterrupt } from '../../tools/testbed/interrupt.ts';
import { checkoutDir, findTools } from '../../tools/testbed/tools.ts';
import { findForeignTool } from '../support/foreignTool.ts';
import { type RehearsedResult, rehearse } from './rehearsedAlerts.ts';
import { type StagedResult, stageAlerts } from './stageAlerts.ts';
import { stagedTable } from './stagedTable.ts';

/**
 * `make alerts-staged`: a fault for every alert, on real processes that a real Prometheus scrapes
 * with the shipped rules, then a rehearsal in which none may fire. `--save` writes the table into
 * docs/monitoring.md; `--only store` stages one group of faults alone. Exit code 0 when each fired,
 * and none in vain.
 */
const page = join(checkoutDir, 'docs/monitoring.md');
const marked = /(<!-- alerts-staged:begin[^>]*-->\n).*(<!-- alerts-staged:end -->)/s;
const rehearsalFlags = ['--times', '3', '--rollbacks', '1', '--clients', '40'];

const prometheus = findForeignTool('prometheus');
if (prometheus === undefined) {
  process.stderr.write('prometheus is missing: scripts/install-chart-tools.sh installs it\n');
  process.exit(69);
}
const { only, save = false } = parseArgs({
  options: { only: { type: 'string' }, save: { type: 'boolean' } },
}).values;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const interrupt = new AbortController();
void waitForInterrupt().then(() => interrupt.abort());
const dir = await mkdtemp(join(tmpdir(), 'baton-alerts-staged-'));
const tools = { ...findTools(process.env), prometheus };
try {
  const staged = await stageAlerts({ tools, dir, print, signal: interrupt.signal, ...(only && { only }) });
  if (only === undefined) process.exitCode = await reportAll(staged);
} catch (error) {
  if (!interrupt.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await rm(dir, { recursive: true, force: true });
}
process.exit();

async function reportAll(staged: StagedResult): Promise<number> {
  print(`a rehearsal: ${rehearsalFlags.join(' ')}`);
  const rehearsed = await rehearse({ prometheus: tools.prometheus, dir, flags: rehearsalFlags });
  const table = stagedTable(staged, rehearsed);
  print(`\n${table}`);
  if (save) {
    const text = await readFile(page, 'utf8');
    await writeFile(
      page,
      text.replace(marked, (_, begin, end) => `${begin}${table}\n${end}`),
    );
  }
  const problems = problemsOf(staged, rehearsed);
  for (const problem of problems) print(`NOT HELD: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

function problemsOf({ staged, whileWell, problems }: StagedResult, rehearsed: RehearsedResult): string[] {
  const hasFired = new Set(staged.filter(({ seconds }) => seconds !== undefined).map(({ alert }) => alert));
  return [
    ...alerts.filter(({ name }) => !hasFired.has(name)).map(({ name }) => `${name} has not fired`),
    ...whileWell.map(({ alert, job }) => `${alert} fired in ${job} while all was well`),
    ...rehearsed.fired.map(({ alert }) => `${alert} fired in the rehearsal`),
    ...(rehearsed.exitCode === 0 ? [] : [`the rehearsal ended with ${rehearsed.exitCode}`]),
    ...problems,
    ...rehearsed.problems,
  ];
}
