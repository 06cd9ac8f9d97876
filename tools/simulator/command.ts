import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { exitCodes } from '../../src/errors.ts';
import { runCommandLine } from '../commandLine/runCommandLine.ts';
import { balanceChart } from './chart.ts';
import { scenarios } from './scenario.ts';
import { schemes } from './schemes.ts';
import { simulate } from './simulate.ts';
import { combine, type Row, simulationTable } from './table.ts';

const help = `
Each scenario runs with the same requests under every scheme, once per seed; figures are means.

Columns:
  p50, p99, p99.9   time requests waited in their pod for a free slot, in ms
  max/mean          in flight on the busiest pod, relative to the mean of all
  herds             times that half of the instances, at least three, picked one pod within 100 ms,
                    per 1,000 requests
  writes/s          to etcd, per instance

Requests: prompts log-normal with median 800 tokens and sigma 1, responses with median 100 and sigma 0.9; a pod
reads 10 prompt tokens per ms and writes one token in 15 ms, eight requests at once, the rest wait in order.`;

interface SimulateFlags {
  readonly scenario?: readonly string[];
  readonly seeds: string;
  readonly requests?: string;
  readonly svg?: string;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/**
 * `baton simulate`: how evenly fleets of schedulers balance, on a virtual clock. Returns the exit
 * code.
 */
export function runSimulate(args: readonly string[]): Promise<number> {
  return runCommandLine(simulateCommand(), args, compareSchemes);
}

function simulateCommand(): Command {
  return new Command('simulate')
    .description('compare scheduling schemes on a virtual clock')
    .option(
      '--scenario <name>',
      `repeatable; ${scenarios.map(({ name }) => `"${name}"`).join(', ')}`,
      collect,
    )
    .option('--seeds <list>', 'numbers, separated by commas', '1,2,3')
    .option('--requests <number>', 'measured in each run')
    .option('--svg <file>', 'write a chart there')
    .addHelpText('after', help);
}

async function compareSchemes(flags: SimulateFlags, command: Command): Promise<number> {
  const seeds = flags.seeds.split(',').map(Number);
  if (!seeds.every(Number.isSafeInteger)) command.error('error: --seeds are not whole numbers');
  const requests = flags.requests === undefined ? undefined : Number(flags.requests);
  if (requests !== undefined && !(requests >= 1000))
    command.error('error: --requests is not a number from 1000');
  for (const name of flags.scenario ?? []) {
    if (!scenarios.some((known) => known.name === name)) command.error(`error: no scenario "${name}"`);
  }
  const wanted = scenarios.filter(({ name }) => flags.scenario?.includes(name) ?? true);

  process.stdout.write(`seeds ${seeds.join(', ')}\n`);
  const rows: Row[] = [];
  for (const given of wanted) {
    const scenario = { ...given, requests: requests ?? given.requests };
    const ofScenario: Row[] = [];
    for (const scheme of schemes) {
      const outcomes = [];
      for (const seed of seeds) outcomes.push(await simulate(scenario, scheme, seed));
      ofScenario.push({ scenario: scenario.name, scheme: scheme.name, ...combine(outcomes) });
    }
    process.stdout.write(`\n${simulationTable(ofScenario).join('\n')}\n`);
    rows.push(...ofScenario);
  }
  if (flags.svg !== undefined) writeFileSync(flags.svg, balanceChart(rows));
  return exitCodes.ok;
}
