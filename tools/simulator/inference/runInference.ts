import { at, randomIndex } from '../../../src/scheduling/sample.ts';
import type { EnginePreset } from '../../podsim/engine/enginePresets.ts';
import { type FleetConditions, type TimeSpan, usualConditions } from './fleetConditions.ts';
import { InferenceFleet } from './inferenceFleet.ts';
import type { InferenceScheme } from './inferenceSchemes.ts';
import type { InferenceRequest } from './inferenceTrace.ts';
import type { Router } from './routers/router.ts';

export interface InferenceRun {
  readonly requests: readonly InferenceRequest[];
  readonly engine: EnginePreset;
  readonly pods: number;
  readonly instances: number;
  readonly scheme: InferenceScheme;
  readonly seed: number;
  readonly conditions?: FleetConditions;
}

/** Times to the first token in seconds, and the share of prompt tokens that were cached. */
export interface FirstTokens {
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p90Seconds: number;
  readonly p99Seconds: number;
  readonly hitShare: number;
}

export interface InferenceOutcome extends FirstTokens {
  /** The share of time in which pods computed. */
  readonly busyShare: number;
  readonly preemptions: number;
  /** Tokens of responses, from the first request to the end of the last. */
  readonly outputPerSecond: number;
}

/** Of all requests, and of those that arrived within the window of the conditions. */
export interface InferenceResult extends InferenceOutcome {
  readonly window: FirstTokens;
}

interface Served {
  readonly request: InferenceRequest;
  readonly seconds: number;
  readonly cachedTokens: number;
}

/** One run of a trace. The same seed gives the same result. */
export async function runInference(run: InferenceRun): Promise<InferenceResult> {
  const { requests, scheme, conditions = usualConditions } = run;
  const fleet = new InferenceFleet({ ...run, conditions });
  const { clock, random, pods } = fleet;
  const count = scheme.isCentral ? 1 : run.instances;
  const routers = Array.from({ length: count }, (_, index) => scheme.create(fleet, `instance-${index}`));
  if (conditions.upgrade !== undefined) replaceAll(routers, scheme, fleet, conditions.upgrade);
  const served: Served[] = [];
  let ended = 0;

  const arrive = (index: number): void => {
    const request = requests[index];
    if (request === undefined) return;
    clock.after(request.atMs - clock.nowMs(), () => {
      const routed = at(routers, randomIndex(routers.length, random)).route(request);
      at(pods, routed.pod).add(request, {
        onFirstToken: (cachedTokens) => {
          served.push({ request, seconds: (clock.nowMs() - request.atMs) / 1000, cachedTokens });
          routed.onFirstToken?.();
        },
        onEnd: () => {
          ended += 1;
          routed.onEnd?.();
        },
      });
      arrive(index + 1);
    });
  };
  arrive(0);
  await clock.run(() => ended === requests.length);

  const { fromMs = 0, untilMs = Number.POSITIVE_INFINITY } = conditions.window ?? {};
  const startMs = requests[0]?.atMs ?? 0;
  const outputTokens = requests.reduce((sum, request) => sum + request.outputTokens, 0);
  return {
    ...firstTokens(served),
    window: firstTokens(served.filter(({ request }) => request.atMs >= fromMs && request.atMs < untilMs)),
    busyShare: pods.reduce((sum, { busyMs }) => sum + busyMs, 0) / clock.nowMs() / pods.length,
    preemptions: pods.reduce((sum, pod) => sum + pod.preemptions, 0),
    outputPerSecond: (1000 * outputTokens) / (clock.nowMs() - startMs),
  };
}

/** One instance after the other, at equal intervals. */
function replaceAll(
  routers: Router[],
  scheme: InferenceScheme,
  fleet: InferenceFleet,
  { fromMs, untilMs }: TimeSpan,
): void {
  routers.forEach((leaving, index) => {
    fleet.clock.after(fromMs + ((untilMs - fromMs) * index) / routers.length, () => {
      routers[routers.indexOf(leaving)] = scheme.create(fleet, `successor-${index}`);
      leaving.retire?.();
    });
  });
}

function firstTokens(served: readonly Served[]): FirstTokens {
  const seconds = served.map((one) => one.seconds).sort((a, b) => a - b);
  const quantile = (q: number): number => seconds[Math.floor(q * seconds.length)] ?? 0;
  const sum = (of: (one: Served) => number): number => served.reduce((total, one) => total + of(one), 0);
  return {
    meanSeconds: sum((one) => one.seconds) / served.length,
    p50Seconds: quantile(0.5),
    p90Seconds: quantile(0.9),
    p99Seconds: quantile(0.99),
    hitShare: sum(({ cachedTokens }) => cachedTokens) / sum(({ request }) => request.inputTokens),
  };
}
