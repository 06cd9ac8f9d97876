import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from '../../tools/testbed/topology.ts';
import { type BalanceEnvironment, type BalanceSetup, startInstances } from './environment.ts';
import { type Rates, ratesBetween, read } from './reading.ts';
import { Replay } from './replay.ts';
import { traceText } from './requests.ts';
import { simulatedP99Ms } from './simulated.ts';
import { maxOverMean, mean, quantile } from './statistics.ts';

/** Results of one round of one setup. */
export interface MeasuredBalance extends BalanceSetup {
  readonly round: number;
  readonly failed: number;
  /** Of each request, in the order in which they were due. */
  readonly queuedMs: readonly number[];
  readonly simulatedP99Ms: number;
  /** In flight on the busiest pod relative to the mean of all, over time. */
  readonly maxOverMean: { readonly mean: number; readonly p99: number };
  /** From the instances' watch events; undefined where nothing is shared. */
  readonly viewAge: ViewAge | undefined;
  readonly rates: Rates;
}

export interface ViewAge {
  /** The median of the instances' answers. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The worst p99 that any instance reported at any time. */
  readonly worstP99Ms: number;
}

/** Each answer covers the last 256 writes of an instance, some seconds. */
const pollIntervalMs = 8_000;

/** Each round has its own requests; in a round every setup has the same ones. */
export async function measureBalance(
  world: BalanceEnvironment,
  { instances, sharing }: BalanceSetup,
  round: number,
  seconds: number,
): Promise<MeasuredBalance> {
  const { kit, dir, load, warmSeconds, pods } = world;
  const topology = await startInstances(world, instances, sharing);
  let replay: Replay | undefined;
  try {
    const trace = traceText(load, warmSeconds + seconds, round);
    replay = await Replay.start({ kit, dir, url: topology.chatUrl, trace });
    const warmMs = warmSeconds * 1000;
    await sleep(warmMs);
    const before = await read(topology, pods);
    const viewAge = await pollViewAge(topology, seconds * 1000);
    const after = await read(topology, pods);
    const answers = await replay.answers();
    const measured = answers.filter(({ atMs }) => atMs >= warmMs);
    const fromUnixMs = replay.beganUnixMs + warmMs;
    const ratios = pods
      .samples(fromUnixMs, fromUnixMs + seconds * 1000)
      .map(({ inFlight }) => maxOverMean(inFlight) ?? 1);
    return {
      instances,
      sharing,
      round,
      failed: answers.filter(({ isOk }) => !isOk).length,
      queuedMs: measured.map(({ queuedMs }) => queuedMs),
      simulatedP99Ms: await simulatedP99Ms(load, { instances, sharing }, seconds, round),
      maxOverMean: { mean: mean(ratios), p99: quantile(ratios, 0.99) },
      viewAge,
      rates: ratesBetween(before, after),
    };
  } finally {
    await replay?.process.kill();
    await topology.stop();
  }
}

/** Takes `ms`. */
async function pollViewAge({ instances, etcd }: Topology, ms: number): Promise<ViewAge | undefined> {
  const endMs = performance.now() + ms;
  const lags: { p50: number; p99: number }[] = [];
  for (let leftMs = ms; leftMs > 0; leftMs = endMs - performance.now()) {
    await sleep(Math.min(leftMs, pollIntervalMs));
    if (!etcd) continue;
    for (const { store } of await Promise.all(instances.map((instance) => instance.state()))) {
      if (store.syncLagMs) lags.push(store.syncLagMs);
    }
  }
  if (lags.length === 0) return undefined;
  const p99s = lags.map(({ p99 }) => p99);
  return {
    p50Ms: quantile(
      lags.map(({ p50 }) => p50),
      0.5,
    ),
    p99Ms: quantile(p99s, 0.5),
    worstP99Ms: Math.max(...p99s),
  };
}
