import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ChildProcess } from '../../src/rehearsal/childProcess.ts';
import { Etcd } from '../../src/rehearsal/etcd.ts';
import { freePorts } from '../../src/rehearsal/ports.ts';
import { findTools } from '../../src/rehearsal/tools.ts';
import { buildKit } from './buildKit.ts';
import { chart } from './chart.ts';
import { type Measured, measure } from './measure.ts';
import { setups } from './setups.ts';
import { startAndMemory } from './startAndMemory.ts';
import { ratios, summarize, table } from './summary.ts';

/**
 * `make bench`: every setup on this machine, interleaved and repeated, so that noise meets all of them alike.
 * Prints ratios with their spread; `--save DIR` keeps the figures as JSON and a chart.
 */
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '1000' },
    streams: { type: 'string', default: '10000' },
    only: { type: 'string', multiple: true },
    save: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const kit = await buildKit();
  const dir = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const parts: ChildProcess[] = [];
  try {
    const tools = findTools(process.env);
    const [clientPort, peerPort, ...podPorts] = (await freePorts(5)) as [number, number, ...number[]];
    const etcd = await Etcd.start({ bin: tools.etcd, clientPort, peerPort, dataDir: join(dir, 'etcd') });
    parts.push(etcd.process);
    const pods = podPorts.map((port) => `127.0.0.1:${port}`);
    for (const pod of pods)
      parts.push(await ChildProcess.start({ name: 'pod', command: kit, args: ['pod', pod] }));
    const world = { kit, dir, pods, etcd: etcd.endpoint };

    const wanted = setups.filter(({ name }) => flags.only === undefined || flags.only.includes(name));
    const options = { envoyBin: tools.envoy, seconds: Number(flags.seconds), rate: Number(flags.rate) };
    const measured: Measured[] = [];
    for (let round = 1; round <= Number(flags.rounds); round += 1) {
      for (const setup of wanted) {
        process.stderr.write(`round ${round}: ${setup.name}\n`);
        measured.push(await measure(setup, round, world, options));
      }
    }
    const memory = [];
    for (const transport of ['grpc-js', 'native']) {
      if (!wanted.some(({ name }) => name.startsWith(`Baton ${transport}`))) continue;
      memory.push(await startAndMemory(transport, Number(flags.streams), world));
    }
    const summaries = summarize(measured);
    const machine = {
      processors: cpus().length,
      model: cpus()[0]?.model ?? 'unknown',
      node: process.version,
    };
    const lines = [
      `${machine.processors} × ${machine.model}, Node ${machine.node}; ${flags.rounds} rounds of ${flags.seconds} s: median (least–most)`,
      '',
      ...table(summaries),
      '',
      ...ratios(summaries),
      '',
      ...memory.map(
        (one) =>
          `Baton ${one.transport}: ${one.startMs.toFixed(0)} ms from exec to SERVING; ${one.idleMiB.toFixed(0)} MiB idle, ` +
          `${one.loadedMiB.toFixed(0)} MiB with ${one.streams} streams open`,
      ),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    if (flags.save === undefined) return;
    await mkdir(flags.save, { recursive: true });
    await writeFile(
      join(flags.save, 'bench.json'),
      `${JSON.stringify({ machine, measured, memory }, null, 1)}\n`,
    );
    await writeFile(join(flags.save, 'bench.svg'), chart(summaries));
  } finally {
    await Promise.all(parts.map((part) => part.kill()));
    await rm(dir, { recursive: true, force: true });
  }
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}${error.cause ? `: ${error.cause}` : ''}\n`);
  process.exit(1);
});
process.exit(0);
