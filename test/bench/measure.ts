import { ChildProcess } from '../../src/rehearsal/childProcess.ts';
import { Envoy } from '../../src/rehearsal/envoy.ts';
import { freePorts } from '../../src/rehearsal/ports.ts';
import { cpuMs } from './cpu.ts';
import type { Setup, World } from './setups.ts';

/** What one round of one setup gave. Latencies in ms, processor time in µs per request. */
export interface Measured {
  readonly setup: string;
  readonly round: number;
  readonly perSecond: number;
  readonly schedulerCpuUs: number | null;
  readonly envoyCpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly failed: number;
}

export interface MeasureOptions {
  readonly envoyBin: string;
  readonly seconds: number;
  /** Of the open loop. */
  readonly rate: number;
}

interface LoadReport {
  readonly sent: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** Starts one setup, warms it up, measures it in a closed and then in an open loop, and ends it. */
export async function measure(
  setup: Setup,
  round: number,
  world: Omit<World, 'port'>,
  { envoyBin, seconds, rate }: MeasureOptions,
): Promise<Measured> {
  const [port, listenerPort, adminPort] = (await freePorts(3)) as [number, number, number];
  const scheduler = await setup.start?.({ ...world, port });
  const schedulers = [`127.0.0.1:${port}`];
  const envoy = await Envoy.start({
    bin: envoyBin,
    configuration: 'envoy.yaml',
    dir: world.dir,
    listenerPort,
    adminPort,
    schedulers,
    pods: world.pods,
    ...(setup.amendEnvoy && { amend: setup.amendEnvoy }),
  });
  try {
    if (scheduler) await envoy.waitForHealthy('scheduler', schedulers);
    await envoy.waitForHealthy('model_pods', world.pods);
    const load = (flags: readonly string[]) =>
      runLoad(world.kit, ['-address', `127.0.0.1:${listenerPort}`, ...flags]);

    await load(['-seconds', '2']);
    const before = [await cpuMs(envoy.process.pid), scheduler ? await cpuMs(scheduler.pid) : 0] as const;
    const closed = await load(['-seconds', String(seconds)]);
    const after = [await cpuMs(envoy.process.pid), scheduler ? await cpuMs(scheduler.pid) : 0] as const;
    const open = await load(['-seconds', String(seconds), '-rate', String(rate), '-connections', '64']);

    const perRequestUs = (index: 0 | 1) => ((after[index] - before[index]) * 1000) / closed.sent;
    return {
      setup: setup.name,
      round,
      perSecond: closed.perSecond,
      schedulerCpuUs: scheduler ? perRequestUs(1) : null,
      envoyCpuUs: perRequestUs(0),
      p50Ms: open.p50Ms,
      p99Ms: open.p99Ms,
      p999Ms: open.p999Ms,
      failed: closed.failed + open.failed,
    };
  } finally {
    await envoy.process.kill();
    await scheduler?.kill();
  }
}

async function runLoad(kit: string, flags: readonly string[]): Promise<LoadReport> {
  const process = await ChildProcess.start({ name: 'load', command: kit, args: ['load', ...flags] });
  const exit = await process.exited;
  const said = process.output.text(20);
  if (exit.code !== 0) throw new Error(`the load generator failed: ${said}`);
  return JSON.parse(said) as LoadReport;
}
