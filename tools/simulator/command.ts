import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { exitCodes } from '../../src/errors.ts';
import { runCommandLine } from '../commandLine/runCommandLine.ts';
import { balanceChart } from './chart.ts';
import { compareInference } from './inference/compareInference.ts';
import { type InferenceFlags, parseInferenceFlags } from './inference/inferenceFlags.ts';
import { workloads } from './inference/workloads.ts';
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
reads 10 prompt tokens per ms and writes one token in 15 ms, eight requests at once, the rest wait in order.

With --trace or --workload, pods batch continuously and cache prompts, and the table has the time to the first token in
seconds and the share of prompt tokens that were cached. A trace has the format of Mooncake: a JSON object a line
with timestamp (ms), input_length, output_length and hash_ids (of blocks of 512 tokens).

Workloads:
${workloads.map(({ name, summary }) => `  ${name.padEnd(16)}${summary}`).join('\n')}`;

interface SimulateFlags extends InferenceFlags {
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
    .option('--trace <file>', 'compare where prompts are cached, on this trace')
    .option('--workload <name>', 'repeatable; the same on a generated one', collect)
    .option('--speed <factor>', 'of the trace or workload', '1')
    .option('--load <list>', 'instead: percentages of the speed at which the omniscient needs half a second')
    .option('--scheme <name>', 'repeatable; default: all', collect)
    .option('--raw', 'keep requests of a trace that share a time together', false)
    .option('--engine <name>', 'of the pods: 8b or 32b', '8b')
    .option('--pods <number>', 'of the fleet', '20')
    .option('--instances <list>', 'of the scheduler: numbers, separated by commas', '1,8')
    .addHelpText('after', help);
}

async function compareSchemes(flags: SimulateFlags, command: Command): Promise<number> {
  const seeds = flags.seeds.split(',').map(Number);
  if (!seeds.every(Number.isSafeInteger)) command.error('error: --seeds are not whole numbers');
  const requests = flags.requests === undefined ? undefined : Number(flags.requests);
  if (requests !== undefined && !(requests >= 1000))
    command.error('error: --requests is not a number from 1000');
  if (flags.trace !== undefined || flags.workload !== undefined) {
    return comparePrompts(flags, command, seeds, requests);
  }
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

async function comparePrompts(
  flags: SimulateFlags,
  command: Command,
  seeds: readonly number[],
  requests: number | undefined,
): Promise<number> {
  if (flags.scenario !== undefined || flags.svg !== undefined) {
    command.error('error: --scenario and --svg are not for --trace and --workload');
  }
  try {
    const comparisons = parseInferenceFlags(flags, seeds, requests);
    process.stdout.write(`seeds ${seeds.join(', ')}\n`);
    for (const comparison of comparisons) {
      process.stdout.write(`\n${(await compareInference(comparison)).join('\n')}\n`);
    }
  } catch (error) {
    command.error(`error: ${(error as Error).message}`);
  }
  return exitCodes.ok;
}
