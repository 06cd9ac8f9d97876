import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTools } from '../../tools/testbed/tools.ts';
import { buildKit, kit } from '../kit.ts';
import type { BalanceEnvironment, BalanceSetup, BalanceSharing } from './environment.ts';
import { type MeasuredBalance, measureBalance } from './measure.ts';
import { type Options, readOptions } from './options.ts';
import { PodFleet } from './podFleet.ts';
import { balanceRequestsPerSecond } from './requests.ts';
import { quantile } from './statistics.ts';
import { balanceTable, bars, costTable, upgradeTable, verdicts } from './summary.ts';
import { type UpgradeRun, upgradeUnderLoad } from './upgrade.ts';
import { upgradeChart } from './upgradeChart.ts';
import { type CrossCheck, crossCheck } from './viewAge.ts';
import { waitChart } from './waitChart.ts';

/**
 * `make bench-balance`: how evenly M real instances spread the same requests over the same pods,
 * with and without sharing, how old their views are, what that costs, and the effect of a rolling
 * upgrade. Setups take turns within a round, so that noise affects all alike. `--save DIR` keeps
 * figures and charts.
 */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  await buildKit();
  const dir = await mkdtemp(join(tmpdir(), 'baton-balance-'));
  const pods = await PodFleet.start(options.load);
  try {
    const { load, warmSeconds } = options;
    const world: BalanceEnvironment = { tools: findTools(process.env), kit, dir, pods, load, warmSeconds };
    const measured = await measureAll(world, options);
    const check = await checkViewAge(world, options);
    const upgrades = await upgradeAll(world, options);
    process.stdout.write(`${report(options, measured, check, upgrades).join('\n')}\n`);
    if (options.saveDir !== undefined) await save(options.saveDir, options, measured, check, upgrades);
  } finally {
    await pods.process.kill();
    await rm(dir, { recursive: true, force: true });
  }
}

const sharings = ({ sharing }: Options): BalanceSharing[] => (sharing === 'both' ? ['on', 'off'] : [sharing]);

async function measureAll(world: BalanceEnvironment, options: Options): Promise<MeasuredBalance[]> {
  const measured: MeasuredBalance[] = [];
  for (let round = 1; round <= Math.max(options.rounds, options.roundsOff); round++) {
    const setups: BalanceSetup[] = sharings(options).flatMap((sharing) => {
      if (round > (sharing === 'on' ? options.rounds : options.roundsOff)) return [];
      // A single instance shares with no one.
      const counts = options.instances.filter((instances) => sharing === 'on' || instances > 1);
      return counts.map((instances) => ({ instances, sharing }));
    });
    for (const setup of setups) {
      const what = `round ${round}: ${setup.instances} instances, sharing ${setup.sharing}`;
      const one = await attempt(what, () => measureBalance(world, setup, round, options.seconds));
      if (one) measured.push(one);
    }
  }
  return measured;
}

async function checkViewAge(world: BalanceEnvironment, options: Options): Promise<CrossCheck | undefined> {
  if (options.viewAgeSeconds === 0 || options.sharing === 'off') return undefined;
  const instances = Math.max(...options.instances);
  return attempt(`view age on one clock: ${instances} instances`, () =>
    crossCheck(world, instances, options.viewAgeSeconds),
  );
}

async function upgradeAll(world: BalanceEnvironment, options: Options): Promise<UpgradeRun[]> {
  const runs: UpgradeRun[] = [];
  if (options.upgrade === 0) return runs;
  for (const sharing of sharings(options)) {
    const what = `upgrade of ${options.upgrade} instances, sharing ${sharing}`;
    const run = await attempt(what, () =>
      upgradeUnderLoad(world, options.upgrade, sharing, options.upgradeSeconds),
    );
    if (run) runs.push(run);
  }
  return runs;
}

function report(
  { load, seconds }: Options,
  measured: readonly MeasuredBalance[],
  check: CrossCheck | undefined,
  upgrades: readonly UpgradeRun[],
): string[] {
  const { pods, slots, serviceMs, utilisation } = load;
  const model = cpus()[0]?.model ?? 'unknown';
  return [
    `${cpus().length} × ${model}, Node ${process.version}; ${pods} pods × ${slots} slots, ` +
      `service ${serviceMs} ms on average, utilisation ${utilisation}: ${balanceRequestsPerSecond(load).toFixed(0)} requests/s, ` +
      `${seconds} s a round. Times in ms: p50 and p99 are of the time in a pod's queue.`,
    '',
    ...(measured.length > 0 ? [...balanceTable(measured), '', ...costTable(measured), ''] : []),
    ...(upgrades.length > 0 ? [...upgradeTable(upgrades), ''] : []),
    ...verdicts(measured, check),
  ];
}

async function save(
  dir: string,
  options: Options,
  measured: readonly MeasuredBalance[],
  check: CrossCheck | undefined,
  upgrades: readonly UpgradeRun[],
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const rounds = measured.map(({ queuedMs, ...one }) => ({
    ...one,
    requests: queuedMs.length,
    queuedMs: {
      p50: quantile(queuedMs, 0.5),
      p99: quantile(queuedMs, 0.99),
      p999: quantile(queuedMs, 0.999),
    },
  }));
  const runs = upgrades.map(({ answers, ...run }) => run);
  const figures = { options, measured: rounds, crossCheck: check, upgrades: runs };
  await writeFile(join(dir, 'balance-processes.json'), `${JSON.stringify(figures, null, 1)}\n`);
  if (measured.length > 0) {
    const title = 'How long the slowest 1 % wait, on real processes';
    await writeFile(join(dir, 'balance-processes.svg'), waitChart(bars(measured), title));
  }
  const [run] = upgrades;
  if (run) {
    const title = `A rolling upgrade of ${run.instances} instances under load`;
    await writeFile(join(dir, 'balance-upgrade.svg'), upgradeChart(upgrades, title));
  }
}

/**
 * When a part fails, such as a process that does not start, it is reported and left out; the rest
 * is still useful.
 */
async function attempt<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
  printProgress(what);
  try {
    return await run();
  } catch (error) {
    printProgress(`left out: ${(error as Error).message}`);
    return undefined;
  }
}

function printProgress(what: string): void {
  process.stderr.write(`${what}\n`);
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}${error.cause ? `: ${error.cause}` : ''}\n`);
  process.exit(1);
});
process.exit(0);
