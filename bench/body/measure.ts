import { withCpu } from '../cpu.ts';
import { runLoad } from '../kit.ts';
import type { RunningSetup } from '../measure.ts';

/** A prompt size, and on how many connections requests are sent. */
export interface BodyLoad {
  readonly bodyBytes: number;
  readonly clients: number;
  /** Requests per second in an open loop; undefined: a closed one, as fast as they are answered. */
  readonly rate?: number;
  /** The response is so many events, and no picker reads the body. undefined: a short response. */
  readonly events?: number;
}

/** One setup under one load in one round. Latencies in ms, processor time in µs per request. */
export interface MeasuredBodies extends BodyLoad {
  readonly setup: string;
  readonly round: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly envoyCpuUs: number;
  readonly schedulerCpuUs: number | null;
  readonly failed: number;
}

/** Resumes the setup, runs each load, and stops it. */
export async function measureBodies(
  { name, listenerPort, envoy, scheduler, isReady }: RunningSetup,
  loads: readonly BodyLoad[],
  round: number,
  seconds: number,
): Promise<MeasuredBodies[]> {
  const processes = scheduler ? [envoy.process, scheduler] : [envoy.process];
  for (const process of processes) process.resume();
  await isReady();
  const measured: MeasuredBodies[] = [];
  for (const load of loads) {
    const { bodyBytes, clients: connections, rate = 0, events = 0 } = load;
    const flags = { 'body-bytes': bodyBytes, connections, rate, events };
    await runLoad(listenerPort, { ...flags, seconds: 1 });
    const { report, cpuUs } = await withCpu(
      processes.map(({ pid }) => pid),
      () => runLoad(listenerPort, { ...flags, seconds }),
    );
    const { perSecond, p50Ms, p99Ms, failed } = report;
    const [envoyCpuUs = Number.NaN, schedulerCpuUs = null] = cpuUs;
    measured.push({
      ...load,
      setup: name,
      round,
      perSecond,
      p50Ms,
      p99Ms,
      envoyCpuUs,
      schedulerCpuUs,
      failed,
    });
  }
  for (const process of processes) process.pause();
  return measured;
}
