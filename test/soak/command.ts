import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitForInterrupt } from '../../tools/testbed/interrupt.ts';
import { checkoutDir } from '../../tools/testbed/tools.ts';
import { faults } from './faults.ts';
import { type SoakReport, soak } from './soak.ts';
import { outcomes } from './streamLoad.ts';

/**
 * `make soak`: MINUTES (default 30), RATE in streams per second (default 1000), SEED (default:
 * random). Exit code 0 when every count returned to zero. Figures are written to .run/soak.
 */
const { MINUTES: minutes = '30', RATE: rate = '1000', SEED: givenSeed } = process.env;
const seed = Number(givenSeed ?? Math.floor(Math.random() * 1_000_000));
const seconds = Number(minutes) * 60;
const streamsPerSecond = Number(rate);
if (![seed, seconds, streamsPerSecond].every((value) => Number.isFinite(value) && value >= 0)) {
  process.stderr.write('MINUTES, RATE and SEED are numbers\n');
  process.exit(64);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const interrupt = new AbortController();
void waitForInterrupt().then(() => interrupt.abort());

print(`soak: ${minutes} minutes, ${streamsPerSecond} streams/s on three instances, SEED=${seed}`);
const report = await soak({
  seconds,
  seed,
  streamsPerSecond,
  gapMs: [5_000, 20_000],
  print,
  signal: interrupt.signal,
});
await save(report);
for (const line of tables(report)) print(line);
print(report.failure === undefined ? 'soak: passed' : `soak: FAILED, SEED=${seed}\n${report.failure}`);
process.exit(report.failure === undefined ? 0 : 1);

async function save(saved: SoakReport): Promise<void> {
  const dir = join(checkoutDir, '.run', 'soak');
  await mkdir(dir, { recursive: true });
  const file = join(dir, `soak-${saved.seed}.json`);
  await writeFile(file, `${JSON.stringify(saved, null, 1)}\n`);
  print(`figures: ${file}`);
}

function tables({ seconds: took, streams, faults: happened, memory }: SoakReport): string[] {
  const row = (...cells: (string | number)[]) =>
    cells
      .map((cell) => String(cell).padEnd(20))
      .join('')
      .trimEnd();
  const total = outcomes.reduce((sum, outcome) => sum + streams[outcome], 0);
  return [
    '',
    row('fault', 'times'),
    ...faults.map(({ name }) => row(name, happened.filter((fault) => fault.name === name).length)),
    '',
    row('streams', `${total} in ${took} s`),
    ...outcomes.map((outcome) => row(outcome, streams[outcome])),
    '',
    row('memory (MiB)', 'first quarter', 'last quarter', 'maximum', 'samples'),
    ...memory.map(({ instance, first, last, max, samples }) =>
      row(instance, first, last, Math.round(max), samples),
    ),
    '',
  ];
}
