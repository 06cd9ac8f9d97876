import { writeFile } from 'node:fs/promises';
import { command, onStage } from '../environment.ts';
import { readBenchFlags } from '../flags.ts';
import { describeMachine, machine } from '../machine.ts';
import { endSetup, type RunningSetup, startSetup } from '../measure.ts';
import { type BodyLoad, type MeasuredBodies, measureBodies } from './measure.ts';
import { bodySetups } from './setups.ts';
import { bodyTable, fullDuplexTable } from './table.ts';

/**
 * `make bench-body`: prompts of two sizes through Envoy, whose body names the model: Baton, a Go
 * picker that buffers and parses, Envoy alone, and Baton where a gateway configures full duplex;
 * and events that are answered to a short prompt. All are started at the beginning and measured in
 * turn while the others are stopped. `--save FILE` keeps the figures as JSON and the table as text.
 */
const flags = readBenchFlags({
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '3' },
  save: { type: 'string' },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const loads: readonly BodyLoad[] = [
  ...[32_000, 220_000].flatMap((bodyBytes) => [
    ...[20, 50, 150].map((clients) => ({ bodyBytes, clients })),
    // A full processor delays everybody: what a scheduler adds shows below that.
    { bodyBytes, clients: 150, rate: 1_000 },
  ]),
  { bodyBytes: 300, clients: 20, events: 40 },
];

function main(): Promise<number> {
  return onStage(async ({ tools, dir, pods }) => {
    const running: RunningSetup[] = [];
    try {
      // No setup shares its load, so there is no etcd.
      const world = { dir, pods, etcd: '' };
      for (const setup of bodySetups) {
        process.stderr.write(`warming up: ${setup.name}\n`);
        running.push(await startSetup(setup, world, tools.envoy));
      }
      const measured: MeasuredBodies[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        process.stderr.write(`round ${round}\n`);
        const inTurn = round % 2 === 1 ? running : running.toReversed();
        for (const setup of inTurn) measured.push(...(await measureBodies(setup, loads, round, seconds)));
      }
      await report(measured);
      return 0;
    } finally {
      await Promise.all(running.map(endSetup));
    }
  });
}

async function report(measured: readonly MeasuredBodies[]): Promise<void> {
  const names = bodySetups.map(({ name }) => name);
  const lines = [
    `${describeMachine()}; ${rounds} rounds of ${seconds} s, in a closed loop unless a rate is given: median (least–most).`,
    '',
    ...bodyTable(measured, loads, names),
    '',
    ...fullDuplexTable(measured, loads),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (flags.save === undefined) return;
  const kept = { machine, rounds, seconds, measured };
  await writeFile(`${flags.save}.json`, `${JSON.stringify(kept, null, 1)}\n`);
  await writeFile(`${flags.save}.md`, `# Bodies\n\n${lines.join('\n')}\n`);
}

await command(main);
