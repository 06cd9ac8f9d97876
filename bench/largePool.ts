import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Baton } from '../tools/testbed/baton.ts';
import { freePort } from '../tools/testbed/ports.ts';
import { command, onStage } from './environment.ts';
import { readBenchFlags } from './flags.ts';
import { runPaced } from './kit.ts';
import { describeMachine } from './machine.ts';
import { addressesOf } from './sync/addresses.ts';

/**
 * `npm run bench-large-pool`: one instance with a large endpoint file, asked at a fixed rate while
 * the file stays as it is, and while a part of it changes every few seconds. Without Envoy and
 * without probes, so that what delays a decision is the instance. It only prints.
 */
const flags = readBenchFlags({
  endpoints: { type: 'string', default: '10000' },
  changed: { type: 'string', default: '500' },
  everyMs: { type: 'string', default: '3000' },
  rate: { type: 'string', default: '1000' },
  seconds: { type: 'string', default: '30' },
  rounds: { type: 'string', default: '2' },
});
const [endpoints, changed, everyMs] = [flags.endpoints, flags.changed, flags.everyMs].map(Number) as [
  number,
  number,
  number,
];
const load = { rate: Number(flags.rate), seconds: Number(flags.seconds) };

function main(): Promise<number> {
  return onStage(async ({ dir }) => {
    const file = join(dir, 'endpoints.yaml');
    await writeEndpoints(file, 0);
    const instance = new Baton({
      name: 'large',
      port: await freePort(),
      adminPort: await freePort(),
      dir,
      settings: { pool: { file, probe: { enabled: false } } },
    });
    await instance.start();
    try {
      process.stdout.write(`${describeMachine()}; ${endpoints} endpoints, ${load.rate} requests/s\n\n`);
      process.stdout.write(
        '| endpoint file | p50 ms | p99 ms | p99.9 ms | longest ms | missed checks | failed |\n',
      );
      process.stdout.write('|---|---|---|---|---|---|---|\n');
      const port = Number(instance.address.split(':').at(-1));
      await runPaced(port, { ...load, seconds: 5 });
      for (let round = 0; round < Number(flags.rounds); round += 1) {
        print('stays', await runPaced(port, load));
        const stop = changeEvery(file);
        print(`${changed} change every ${everyMs} ms`, await runPaced(port, load));
        await stop();
      }
      return 0;
    } finally {
      await instance.kill();
    }
  });
}

function print(what: string, report: Awaited<ReturnType<typeof runPaced>>): void {
  const { p50Ms, p99Ms, p999Ms, longestMs, missedChecks, failed } = report;
  process.stdout.write(`| ${[what, p50Ms, p99Ms, p999Ms, longestMs, missedChecks, failed].join(' | ')} |\n`);
}

/** @returns ends the changes, after the running one */
function changeEvery(file: string): () => Promise<void> {
  let version = 0;
  let written = Promise.resolve();
  const timer = setInterval(() => {
    version += 1;
    written = writeEndpoints(file, version);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await written;
  };
}

/** Each version has other weights for some endpoints, each time the next ones. */
function writeEndpoints(file: string, version: number): Promise<void> {
  const first = (version * changed) % endpoints;
  const lines = addressesOf(endpoints).map((address, index) => {
    const isChanged = version > 0 && index >= first && index < first + changed;
    return `  - { address: ${address}, weight: ${isChanged ? 1 + version : 1}, labels: { rack: r${index % 40} } }`;
  });
  return writeFile(file, `endpoints:\n${lines.join('\n')}\n`);
}

await command(main);
