import type { ChildProcess } from '../../src/rehearsal/childProcess.ts';
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
  readonly seconds: number;
  /** Requests per second of the open loop. */
  readonly rate: number;
}

/** A setup that is up: an Envoy with its scheduler. */
export interface RunningSetup {
  readonly name: string;
  readonly listenerPort: number;
  readonly envoy: ChildProcess;
  readonly scheduler: ChildProcess | undefined;
}

/** Until everything is compiled that will be, in every setup alike: what happens a few times a second comes last. */
const warmUp = { seconds: 15, requests: 60_000 } as const;
/** After others have had the processors. */
const wakeUp = { seconds: 1 } as const;

/** Starts one setup and warms it up; whoever starts it ends it. */
export async function startSetup(
  { name, launch, amendEnvoy }: Setup,
  world: Omit<World, 'port'>,
  envoyBin: string,
): Promise<RunningSetup> {
  const [port, listenerPort, adminPort] = (await freePorts(3)) as [number, number, number];
  const scheduler = await launch?.({ ...world, port });
  const schedulers = [`127.0.0.1:${port}`];
  let envoy: Envoy | undefined;
  try {
    envoy = await Envoy.start({
      bin: envoyBin,
      configuration: 'envoy.yaml',
      dir: world.dir,
      listenerPort,
      adminPort,
      schedulers,
      pods: world.pods,
      ...(amendEnvoy && { amend: amendEnvoy }),
    });
    if (scheduler) await envoy.waitForHealthy('scheduler', schedulers);
    await envoy.waitForHealthy('model_pods', world.pods);
    await runLoad(listenerPort, warmUp);
    return { name, listenerPort, envoy: envoy.process, scheduler };
  } catch (error) {
    await envoy?.process.kill();
    await scheduler?.kill();
    throw error;
  }
}

export async function endSetup({ envoy, scheduler }: RunningSetup): Promise<void> {
  await envoy.kill();
  await scheduler?.kill();
}

/** One round of one setup: in a closed loop, then in an open one. */
export async function measure(
  { name, listenerPort, envoy, scheduler }: RunningSetup,
  round: number,
  { seconds, rate }: MeasureOptions,
): Promise<Measured> {
  const measured = async (flags: Readonly<Record<string, number>>) => {
    const pids = scheduler ? [envoy.pid, scheduler.pid] : [envoy.pid];
    const { report, cpuUs } = await withCpu(pids, () => runLoad(listenerPort, flags));
    return { report, envoyCpuUs: cpuUs[0] as number, schedulerCpuUs: cpuUs[1] ?? null };
  };
  await runLoad(listenerPort, wakeUp);
  const { report: closed, ...closedCpu } = await measured({ seconds });
  const { report: open, ...openCpu } = await measured({ seconds, rate, connections: 64 });
  const { p50Ms, p99Ms, p999Ms } = open;
  return {
    setup: name,
    round,
    saturated: { perSecond: closed.perSecond, ...closedCpu },
    paced: { ...openCpu, p50Ms, p99Ms, p999Ms },
    failed: closed.failed + open.failed,
  };
}
