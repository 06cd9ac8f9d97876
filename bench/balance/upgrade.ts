import { setTimeout as sleep } from 'node:timers/promises';
import { rollingUpgrade } from '../../tools/testbed/rollingUpgrade.ts';
import { StatePoller } from '../../tools/testbed/statePoller.ts';
import { type BalanceEnvironment, type BalanceSharing, startInstances } from './environment.ts';
import { Replay } from './replay.ts';
import { type Answered, traceText } from './requests.ts';
import { maxOverMean, mean, quantile } from './statistics.ts';

/** A rolling upgrade of all instances under load, and how even the load stayed. */
export interface UpgradeRun {
  readonly instances: number;
  readonly sharing: BalanceSharing;
  readonly requests: number;
  readonly failed: number;
  /** In the time of the chart, which starts when the load is warm. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly endMs: number;
  readonly samples: readonly { readonly atMs: number; readonly maxOverMean: number }[];
  readonly answers: readonly Answered[];
  readonly parts: readonly UpgradePart[];
}

export interface UpgradePart {
  readonly name: 'before' | 'during' | 'after';
  readonly requests: number;
  readonly maxOverMean: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** An upgrade takes less; the load ends soon after it. */
const longestUpgradeSeconds = 180;

export async function upgradeUnderLoad(
  world: BalanceEnvironment,
  instances: number,
  sharing: BalanceSharing,
  restSeconds: number,
): Promise<UpgradeRun> {
  const { kit, dir, load, warmSeconds, pods } = world;
  const topology = await startInstances(world, instances, sharing);
  const watch = new StatePoller(topology.instances, { intervalMs: 500 });
  let replay: Replay | undefined;
  try {
    watch.start();
    const trace = traceText(load, warmSeconds + 2 * restSeconds + longestUpgradeSeconds, 1);
    replay = await Replay.start({ kit, dir, url: topology.chatUrl, trace });
    const zeroUnixMs = replay.beganUnixMs + warmSeconds * 1000;
    await sleep((warmSeconds + restSeconds) * 1000);
    const fromMs = Date.now() - zeroUnixMs;
    await rollingUpgrade(topology, { release: '2.0.0', generation: 2 }, watch);
    const toMs = Date.now() - zeroUnixMs;
    await sleep(restSeconds * 1000);
    const endMs = Date.now() - zeroUnixMs;
    replay.end();
    const all = await replay.answers();
    const answers = all
      .map((answer) => ({ ...answer, atMs: answer.atMs - warmSeconds * 1000 }))
      .filter(({ atMs }) => atMs >= 0);
    const samples = pods.samples(zeroUnixMs, zeroUnixMs + endMs).map(({ atUnixMs, inFlight }) => ({
      atMs: atUnixMs - zeroUnixMs,
      maxOverMean: maxOverMean(inFlight) ?? 1,
    }));
    const part = (name: UpgradePart['name'], from: number, to: number): UpgradePart => {
      const within = <T extends { atMs: number }>(all: readonly T[]) =>
        all.filter(({ atMs }) => atMs >= from && atMs < to);
      const queuedMs = within(answers).map((answer) => answer.queuedMs);
      return {
        name,
        requests: queuedMs.length,
        maxOverMean: mean(within(samples).map((sample) => sample.maxOverMean)),
        p50Ms: quantile(queuedMs, 0.5),
        p99Ms: quantile(queuedMs, 0.99),
      };
    };
    return {
      instances,
      sharing,
      requests: all.length,
      failed: all.filter(({ isOk }) => !isOk).length,
      fromMs,
      toMs,
      endMs,
      samples,
      answers,
      parts: [part('before', 0, fromMs), part('during', fromMs, toMs), part('after', toMs, endMs)],
    };
  } finally {
    await watch.stop();
    await replay?.process.kill();
    await topology.stop();
  }
}
