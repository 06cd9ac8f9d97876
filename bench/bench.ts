import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestEtcd } from '../test/support/testEtcd.ts';
import { benchChart } from './chart.ts';
import { command, onStage } from './environment.ts';
import { readBenchFlags } from './flags.ts';
import { describeMachine, machine } from './machine.ts';
import { endSetup, type Measured, measure, type RunningSetup, startSetup } from './measure.ts';
import { type BenchEnvironment, setups } from './setups.ts';
import { type StartAndMemory, startAndMemory } from './startAndMemory.ts';
import { benchTable, ratioTable, summarize } from './summary.ts';

/**
 * `make bench`: all setups on this machine. All are started at the beginning and measured in turn
 * while the others are stopped. The speed of a machine changes within minutes, so ratios are taken
 * within a round, and every second round has the reverse order. Prints the ratios with their
 * spread; `--save DIR` keeps the figures as JSON and text, and a chart.
 */
const flags = readBenchFlags({
  rounds: { type: 'string', default: '7' },
  seconds: { type: 'string', default: '5' },
  rate: { type: 'string', default: '1000' },
  streams: { type: 'string', default: '10000' },
  only: { type: 'string', multiple: true },
  save: { type: 'string' },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const rate = Number(flags.rate);
const wanted = setups.filter(({ name }) => flags.only === undefined || flags.only.includes(name));

function main(): Promise<number> {
  return onStage(async ({ tools, dir, pods }) => {
    const { etcd, stop } = await startTestEtcd();
    try {
      const world = { dir, pods, etcd: etcd.endpoint };
      await report(await measureAll(world, tools.envoy), await weighAll(world));
      return 0;
    } finally {
      await stop();
    }
  });
}

async function measureAll(world: Omit<BenchEnvironment, 'port'>, envoyBin: string): Promise<Measured[]> {
  const running: RunningSetup[] = [];
  try {
    for (const setup of wanted) {
      process.stderr.write(`warming up: ${setup.name}\n`);
      running.push(await startSetup(setup, world, envoyBin));
    }
    const measured: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      process.stderr.write(`round ${round}\n`);
      const inTurn = round % 2 === 1 ? running : running.toReversed();
      for (const setup of inTurn) measured.push(await measure(setup, round, { seconds, rate }));
    }
    return measured;
  } finally {
    await Promise.all(running.map(endSetup));
  }
}

async function weighAll(world: Omit<BenchEnvironment, 'port'>): Promise<StartAndMemory[]> {
  const weighed: StartAndMemory[] = [];
  for (const setup of wanted) {
    const one = await startAndMemory(setup, Number(flags.streams), world);
    if (one !== undefined) weighed.push(one);
  }
  return weighed;
}

async function report(measured: readonly Measured[], weighed: readonly StartAndMemory[]): Promise<void> {
  const names = wanted.map(({ name }) => name);
  const summaries = summarize(measured, names);
  const lines = [
    `${describeMachine()}; ${rounds} rounds of ${seconds} s: median (least–most).`,
    `Processor time is per request; latencies are at ${rate} requests/s, open loop.`,
    '',
    ...benchTable(summaries, rate),
    '',
    ...ratioTable(measured, names),
    '',
    `| setup | exec to SERVING | idle | with ${flags.streams} streams open |`,
    '|---|---|---|---|',
    ...weighed.map(
      (one) =>
        `| ${one.setup} | ${one.startMs.toFixed(0)} ms | ${one.idleMiB.toFixed(0)} MiB | ${one.loadedMiB.toFixed(0)} MiB |`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (flags.save === undefined) return;
  const save = (name: string, text: string) => writeFile(join(flags.save ?? '', name), text);
  await mkdir(flags.save, { recursive: true });
  await save(
    'bench.json',
    `${JSON.stringify({ machine, rounds, seconds, rate, measured, weighed }, null, 1)}\n`,
  );
  await save('bench.md', `# Benchmark\n\n![chart](bench.svg)\n\n${lines.join('\n')}\n`);
  await save('bench.svg', benchChart(summaries, rate));
}

await command(main);
