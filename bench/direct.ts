import { startTestEtcd } from '../test/support/testEtcd.ts';
import { freePort } from '../tools/testbed/ports.ts';
import { until } from '../tools/testbed/until.ts';
import { familyOf, withCpu } from './cpu.ts';
import { command, onStage } from './environment.ts';
import { readBenchFlags } from './flags.ts';
import { isServing } from './isServing.ts';
import { runLoad } from './kit.ts';
import { describeMachine } from './machine.ts';
import { type BenchEnvironment, directSetups, type Setup } from './setups.ts';

/**
 * `make bench-direct`: ext_proc streams directly at the scheduler, as many as it answers, from a
 * client that costs little. The gain of a second worker shows only where this machine has three
 * processors. It only prints.
 */
const flags = readBenchFlags({
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '5' },
});
const load = { connections: 4, streams: 16 };
const warmUpSeconds = 8;

function main(): Promise<number> {
  return onStage(async ({ dir, pods }) => {
    const { etcd, stop } = await startTestEtcd();
    try {
      process.stdout.write(`${describeMachine()}; ${flags.rounds} rounds of ${flags.seconds} s\n\n`);
      process.stdout.write(
        '| scheduler | streams/s | its processor time, µs a stream | p50 ms | p99 ms | failed |\n',
      );
      process.stdout.write('|---|---|---|---|---|---|\n');
      for (let round = 1; round <= Number(flags.rounds); round += 1) {
        for (const setup of directSetups) await measure(setup, { dir, pods, etcd: etcd.endpoint });
      }
      return 0;
    } finally {
      await stop();
    }
  });
}

async function measure({ name, launch }: Setup, world: Omit<BenchEnvironment, 'port'>): Promise<void> {
  const port = await freePort();
  const scheduler = await launch?.({ ...world, port });
  if (scheduler === undefined) return;
  try {
    await until(() => isServing(`127.0.0.1:${port}`), { what: `${name} to serve` });
    await runLoad(port, { ...load, seconds: warmUpSeconds }, 'exchanges');
    const { report, cpuUs } = await withCpu(await familyOf(scheduler.pid), () =>
      runLoad(port, { ...load, seconds: Number(flags.seconds) }, 'exchanges'),
    );
    const { perSecond, p50Ms, p99Ms, failed } = report;
    const spentUs = cpuUs.reduce((sum, us) => sum + us, 0);
    process.stdout.write(
      `| ${name} | ${perSecond.toFixed(0)} | ${spentUs.toFixed(1)} | ${p50Ms} | ${p99Ms} | ${failed} |\n`,
    );
  } finally {
    await scheduler.kill();
  }
}

await command(main);
