import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Baton } from '../../../src/rehearsal/baton.ts';
import { freePorts } from '../../../src/rehearsal/ports.ts';
import { describeMachine, machine } from '../machine.ts';
import { command, onStage, type Stage } from '../stage.ts';
import { type MeasuredVariant, measureVariant } from './measureVariant.ts';
import { variantTable } from './table.ts';
import { shippedName, type Variant, variantGroups } from './variants.ts';

/**
 * `make bench-envoy`: what Envoy itself costs with variants of its shipped configuration, interleaved and repeated,
 * in front of one Baton without etcd. Prints a table; `--save DIR` keeps it and the figures as JSON.
 */
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    only: { type: 'string', multiple: true },
    save: { type: 'string' },
  },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const isWanted = ({ name }: Variant) =>
  flags.only === undefined || name === shippedName || flags.only.includes(name);

function main(): Promise<number> {
  return onStage(async (stage) => {
    const [port, adminPort] = (await freePorts(2)) as [number, number];
    const baton = new Baton({
      name: 'bench',
      port,
      adminPort,
      dir: stage.dir,
      settings: { pool: { endpoints: stage.pods } },
    });
    await baton.start();
    try {
      const measured = await measureAll(baton, stage);
      const lines = [
        `${describeMachine()}; ${rounds} rounds of ${seconds} s: median (least–most). Processor time is per request at`,
        'saturation; each ratio is to what is shipped in the same round.',
        '',
        ...variantTable(measured),
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
      if (flags.save !== undefined) await save(flags.save, measured, lines);
      return 0;
    } finally {
      await baton.kill();
    }
  });
}

async function measureAll(baton: Baton, stage: Stage): Promise<MeasuredVariant[]> {
  const variants = variantGroups.flatMap(({ variants }) => variants).filter(isWanted);
  const measured: MeasuredVariant[] = [];
  process.stderr.write('warming up\n');
  await measureVariant(variants[0] as Variant, 0, baton, stage, 6);
  for (let round = 1; round <= rounds; round += 1) {
    for (const variant of variants) {
      process.stderr.write(`round ${round}: ${variant.name}\n`);
      measured.push(await measureVariant(variant, round, baton, stage, seconds));
    }
  }
  return measured;
}

async function save(
  dir: string,
  measured: readonly MeasuredVariant[],
  lines: readonly string[],
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const figures = { machine, rounds, seconds, measured };
  await writeFile(join(dir, 'envoy-cost.json'), `${JSON.stringify(figures, null, 1)}\n`);
  await writeFile(join(dir, 'envoy-cost.md'), `${lines.join('\n')}\n`);
}

await command(main);
