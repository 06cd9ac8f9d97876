import type { ChildProcess } from '../tools/testbed/childProcess.ts';
import { Envoy } from '../tools/testbed/envoy.ts';
import { freePorts } from '../tools/testbed/ports.ts';
import { withCpu } from './cpu.ts';
import { runLoad } from './kit.ts';
import type { BenchEnvironment, Setup } from './setups.ts';

/** Results of one round of one setup. Latencies in ms, processor time in µs per request. */
export interface Measured {
  readonly setup: string;
  readonly round: number;
  /** Closed loop: 16 requests at a time. */
  readonly saturated: {
    readonly perSecond: number;
    readonly schedulerCpuUs: number | null;
    readonly envoyCpuUs: number;
  };
  /** Open loop at a fixed rate: less is done in a batch, so each request costs more. */
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

/** An Envoy with its scheduler, both stopped (SIGSTOP) while others are measured. */
export interface RunningSetup {
  readonly name: string;
  readonly listenerPort: number;
  readonly envoy: Envoy;
  readonly scheduler: ChildProcess | undefined;
  readonly isReady: () => Promise<void>;
}

/**
 * Until all code is compiled, in every setup alike: what happens a few times a second comes last.
 */
const warmUp = { seconds: 15, requests: 60_000 } as const;
/** After a stop, during which Baton lost its lease and Envoy its health checks. */
const wakeUp = { seconds: 2 } as const;

/** Starts one setup, warms it up and stops it; the caller ends it. */
export async function startSetup(
  { name, launch, envoyConfig = 'envoy.yaml', amendEnvoy }: Setup,
  world: Omit<BenchEnvironment, 'port'>,
  envoyBin: string,
): Promise<RunningSetup> {
  const [port, listenerPort, adminPort] = (await freePorts(3)) as [number, number, number];
  const scheduler = await launch?.({ ...world, port });
  const schedulers = [`127.0.0.1:${port}`];
  let envoy: Envoy | undefined;
  try {
    envoy = await Envoy.start({
      bin: envoyBin,
      configuration: envoyConfig,
      dir: world.dir,
      listenerPort,
      adminPort,
      schedulers,
      pods: world.pods,
      ...(amendEnvoy && { amend: amendEnvoy }),
    });
    const started = envoy;
    const isReady = async () => {
      if (scheduler) await started.waitForHealthy('scheduler', schedulers);
      await started.waitForHealthy('model_pods', world.pods);
    };
    const running = { name, listenerPort, envoy, scheduler, isReady };
    await isReady();
    await runLoad(listenerPort, warmUp);
    for (const process of processesOf(running)) process.pause();
    return running;
  } catch (error) {
    await envoy?.process.kill();
    await scheduler?.kill();
    throw error;
  }
}

export async function endSetup(running: RunningSetup): Promise<void> {
  for (const process of processesOf(running)) await process.kill();
}

function processesOf({ envoy, scheduler }: RunningSetup): ChildProcess[] {
  return scheduler ? [envoy.process, scheduler] : [envoy.process];
}

/** One round of one setup: in a closed loop, then in an open one. */
export async function measure(
  running: RunningSetup,
  round: number,
  { seconds, rate }: MeasureOptions,
): Promise<Measured> {
  const { name, listenerPort, isReady } = running;
  const processes = processesOf(running);
  const measured = async (flags: Readonly<Record<string, number>>) => {
    const { report, cpuUs } = await withCpu(
      processes.map(({ pid }) => pid),
      () => runLoad(listenerPort, flags),
    );
    return { report, envoyCpuUs: cpuUs[0] as number, schedulerCpuUs: cpuUs[1] ?? null };
  };
  for (const process of processes) process.resume();
  await isReady();
  await runLoad(listenerPort, wakeUp);
  // An earlier result may be from before the stop.
  await isReady();
  const { report: closed, ...closedCpu } = await measured({ seconds });
  const { report: open, ...openCpu } = await measured({ seconds, rate, connections: 64 });
  for (const process of processes) process.pause();
  const { p50Ms, p99Ms, p999Ms } = open;
  return {
    setup: name,
    round,
    saturated: { perSecond: closed.perSecond, ...closedCpu },
    paced: { ...openCpu, p50Ms, p99Ms, p999Ms },
    failed: closed.failed + open.failed,
  };
}
