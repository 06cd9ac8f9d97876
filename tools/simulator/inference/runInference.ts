import { at, randomIndex } from '../../../src/scheduling/sample.ts';
import { seededRandom } from '../seededRandom.ts';
import { SimulatedStore } from '../simulatedStore.ts';
import { VirtualClock } from '../virtualClock.ts';
import type { EnginePreset } from './enginePresets.ts';
import { InferencePod } from './inferencePod.ts';
import type { InferenceScheme } from './inferenceSchemes.ts';
import type { InferenceRequest } from './inferenceTrace.ts';

export interface InferenceRun {
  readonly requests: readonly InferenceRequest[];
  readonly engine: EnginePreset;
  readonly pods: number;
  readonly instances: number;
  readonly scheme: InferenceScheme;
  readonly seed: number;
}

/** Times to the first token in seconds, and the share of prompt tokens that were cached. */
export interface InferenceOutcome {
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p90Seconds: number;
  readonly p99Seconds: number;
  readonly hitShare: number;
  /** The share of time in which pods computed. */
  readonly busyShare: number;
  readonly preemptions: number;
}

/** Mean latency of a write to etcd, and of a change to a watcher. */
const hopMs = 8;

/** One run of a trace. The same seed gives the same result. */
export async function runInference(run: InferenceRun): Promise<InferenceOutcome> {
  const { requests, engine, instances, scheme, seed } = run;
  const clock = new VirtualClock();
  const random = seededRandom(seed + 1_000_003);
  const pods = Array.from({ length: run.pods }, () => new InferencePod(engine, clock));
  const endpoints = pods.map((_, index) => ({
    address: `10.0.${index >> 8}.${index & 255}:8000`,
    weight: 1,
    labels: {},
    models: [],
  }));
  const store = new SimulatedStore({ clock, random, hopMs, loss: 0 });
  const fleet = { clock, store, random, pods, endpoints, engine };
  const count = scheme.isCentral ? 1 : instances;
  const routers = Array.from({ length: count }, (_, index) =>
    scheme.create(fleet, count === 1 ? undefined : `instance-${index}`),
  );
  const seconds: number[] = [];
  let promptTokens = 0;
  let hitTokens = 0;
  let ended = 0;

  const arrive = (index: number): void => {
    const request = requests[index];
    if (request === undefined) return;
    clock.after(request.atMs - clock.nowMs(), () => {
      const { pod, onEnd } = at(routers, randomIndex(routers.length, random)).route(request);
      at(pods, pod).add(request, {
        onFirstToken: (cached) => {
          seconds.push((clock.nowMs() - request.atMs) / 1000);
          promptTokens += request.inputTokens;
          hitTokens += cached;
        },
        onEnd: () => {
          ended += 1;
          onEnd?.();
        },
      });
      arrive(index + 1);
    });
  };
  arrive(0);
  await clock.run(() => ended === requests.length);

  seconds.sort((a, b) => a - b);
  const quantile = (q: number): number => seconds[Math.floor(q * seconds.length)] ?? 0;
  return {
    meanSeconds: seconds.reduce((sum, one) => sum + one, 0) / seconds.length,
    p50Seconds: quantile(0.5),
    p90Seconds: quantile(0.9),
    p99Seconds: quantile(0.99),
    hitShare: hitTokens / promptTokens,
    busyShare: pods.reduce((sum, { busyMs }) => sum + busyMs, 0) / clock.nowMs() / pods.length,
    preemptions: pods.reduce((sum, pod) => sum + pod.preemptions, 0),
  };
}
