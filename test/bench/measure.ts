import { Envoy } from '../../src/rehearsal/envoy.ts';
import { freePorts } from '../../src/rehearsal/ports.ts';
import { withCpu } from './cpu.ts';
import { runLoad } from './kit.ts';
import type { Setup, World } from './setups.ts';

/** What one round of one setup gave. Latencies in ms, processor time in µs per request. */
export interface Measured {
  readonly setup: string;
  readonly round: number;
  /** As many requests as are answered, 16 at a time. */
  readonly saturated: {
    readonly perSecond: number;
    readonly schedulerCpuUs: number | null;
    readonly envoyCpuUs: number;
  };
  /** At a fixed rate: less is done at once, so each request costs more. */
  readonly paced: {
    readonly schedulerCpuUs: number | null;
    readonly envoyCpuUs: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly p999Ms: number;
  };
  readonly failed: number;
}

export interface MeasureOptions {
  readonly envoyBin: string;
  readonly seconds: number;
  /** Requests per second of the open loop. */
  readonly rate: number;
}

/** Until everything is compiled that will be, in every setup alike: what happens a few times a second comes last. */
export const warmUp = { seconds: 15, requests: 60_000 } as const;

/** Starts one setup, warms it up, measures it in a closed and then in an open loop, and ends it. */
export async function measure(
  setup: Setup,
  round: number,
  world: Omit<World, 'port'>,
  { envoyBin, seconds, rate }: MeasureOptions,
): Promise<Measured> {
  const [port, listenerPort, adminPort] = (await freePorts(3)) as [number, number, number];
  const scheduler = await setup.launch?.({ ...world, port });
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
    const measured = async (flags: Readonly<Record<string, number>>) => {
      const pids = scheduler ? [envoy.process.pid, scheduler.pid] : [envoy.process.pid];
      const { report, cpuUs } = await withCpu(pids, () => runLoad(listenerPort, flags));
      return { report, envoyCpuUs: cpuUs[0] as number, schedulerCpuUs: cpuUs[1] ?? null };
    };
    await runLoad(listenerPort, warmUp);
    const { report: closed, ...closedCpu } = await measured({ seconds });
    const { report: open, ...openCpu } = await measured({ seconds, rate, connections: 64 });
    const { p50Ms, p99Ms, p999Ms } = open;
    return {
      setup: setup.name,
      round,
      saturated: { perSecond: closed.perSecond, ...closedCpu },
      paced: { ...openCpu, p50Ms, p99Ms, p999Ms },
      failed: closed.failed + open.failed,
    };
  } finally {
    await envoy.process.kill();
    await scheduler?.kill();
  }
}
