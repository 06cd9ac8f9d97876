import { readFile, writeFile } from 'node:fs/promises';
import { Baton } from '../../tools/testbed/baton.ts';
import { freePorts } from '../../tools/testbed/ports.ts';
import { command, onStage, type Stage } from '../environment.ts';
import { readBenchFlags } from '../flags.ts';
import { describeMachine, machine } from '../machine.ts';
import { type Line, type MeasuredVariant, measurePair, startLine } from './measureVariant.ts';
import { variantTable } from './table.ts';
import { shipped, type Variant, variantGroups } from './variants.ts';

/**
 * `make bench-envoy`: what Envoy itself costs with variants of its shipped configuration. Each
 * variant and the shipped one take turns of a second, each with a Baton without etcd. Prints a
 * table; `--save FILE.md` writes it between the marks in that file, and the figures into FILE.json.
 */
const flags = readBenchFlags({
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '4' },
  only: { type: 'string', multiple: true },
  save: { type: 'string' },
});
const rounds = Number(flags.rounds);
const seconds = Number(flags.seconds);
const wanted = variantGroups
  .flatMap(({ variants }) => variants)
  .filter(({ name }) => flags.only === undefined || flags.only.includes(name));

function main(): Promise<number> {
  return onStage(async (stage) => {
    const batons: Baton[] = [];
    let reference: Line | undefined;
    try {
      for (const name of ['shipped', 'variant']) batons.push(await startBaton(name, stage));
      const [one, other] = batons as [Baton, Baton];
      reference = await startLine(shipped, one, stage);
      await report(await measureAll(reference, other, stage));
      return 0;
    } finally {
      await reference?.envoy.process.kill();
      await Promise.all(batons.map((baton) => baton.kill()));
    }
  });
}

async function startBaton(name: string, { dir, pods }: Stage): Promise<Baton> {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const baton = new Baton({ name, port, adminPort, dir, settings: { pool: { endpoints: pods } } });
  await baton.start();
  return baton;
}

async function measureAll(reference: Line, baton: Baton, stage: Stage): Promise<MeasuredVariant[]> {
  const measureOne = async (variant: Variant, round: number): Promise<MeasuredVariant> => {
    const line = await startLine(variant, baton, stage);
    try {
      return await measurePair(variant.name, round, line, reference, seconds);
    } finally {
      await line.envoy.process.kill();
    }
  };
  process.stderr.write('warming up\n');
  await measureOne(shipped, 0);
  const measured: MeasuredVariant[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const variant of wanted) {
      process.stderr.write(`round ${round}: ${variant.name}\n`);
      measured.push(await measureOne(variant, round));
    }
  }
  return measured;
}

async function report(measured: readonly MeasuredVariant[]): Promise<void> {
  const lines = [
    `${describeMachine()}; ${rounds} rounds of ${seconds} s: median (least–most).`,
    '',
    ...variantTable(measured),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (flags.save === undefined) return;
  const text = await readFile(flags.save, 'utf8');
  const marked = /(<!-- measured:begin -->\n).*(\n<!-- measured:end -->)/s;
  if (!marked.test(text)) throw new Error(`${flags.save} has no marks for what was measured`);
  await writeFile(
    flags.save,
    text.replace(marked, (_, begin, end) => `${begin}\n${lines.join('\n')}\n${end}`),
  );
  const figures = { machine, rounds, seconds, measured };
  await writeFile(flags.save.replace(/\.md$/, '.json'), `${JSON.stringify(figures, null, 1)}\n`);
}

await command(main);
