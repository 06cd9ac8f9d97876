import { type EnginePreset, enginePresets } from '../../tools/podsim/engine/enginePresets.ts';
import { type FleetConditions, usualConditions } from '../../tools/simulator/inference/fleetConditions.ts';

/** One kind of requests on one fleet, at some rates, under some conditions, with some schemes. */
export interface Experiment {
  readonly name: string;
  /** `trace`, or the name of a workload. */
  readonly requests: string;
  readonly fleet: FleetName;
  /** Shares of the rate at which the fleet is full, or the factor of the requests' own rate. */
  readonly rates: readonly { readonly load: number }[] | readonly { readonly speed: number }[];
  /** Requests of a trace keep the times that they share. */
  readonly isRaw?: boolean;
  readonly count?: number;
  readonly schemes: readonly string[];
  readonly instances: readonly number[];
  /** By name. Default: the usual ones. @param durationMs from the first request to the last */
  readonly conditions?: Readonly<Record<string, (durationMs: number) => FleetConditions>>;
}

/** Pods of one engine. */
export interface EngineFleet {
  readonly engine: EnginePreset;
  readonly pods: number;
}

export const fleets = {
  '20 × 8B': { engine: enginePresets['8b'], pods: 20 },
  '8 × 32B': { engine: enginePresets['32b'], pods: 8 },
  /** As in llm-d's published measurement. */
  '8 × 32B, KV 300k': { engine: { ...enginePresets['32b'], capacityTokens: 300_000 }, pods: 8 },
} as const satisfies Record<string, EngineFleet>;
export type FleetName = keyof typeof fleets;

const loads = [{ load: 0.6 }, { load: 0.8 }, { load: 0.9 }];
const omniscient = 'omniscient greedy';
const prefix = 'baton prefix';
const leastRequest = 'baton least-request';
const silent = 'baton prefix, engines silent';
const alone = 'baton prefix, nothing shared';
const main = [omniscient, prefix, silent, alone, 'llm-d default', 'llm-d precise', leastRequest];
const others = ['llm-d optimized baseline', 'Dynamo', 'SMG', 'AIBrix', 'round robin'];
const oneAndEight = [1, 8];
const manyShared = ['agents', 'system-prompts', 'retrieval'];
/** Of the run, where something happens. */
const windowOf = (durationMs: number) => ({ fromMs: 0.4 * durationMs, untilMs: 0.7 * durationMs });

function underLoad(requests: string, fleet: FleetName, schemes: readonly string[]): Experiment {
  return { name: 'load', requests, fleet, rates: loads, schemes, instances: oneAndEight };
}

const compared = ['trace', ...manyShared];

/** In the order of the document. */
export const experiments: readonly Experiment[] = [
  {
    name: 'agreement',
    requests: 'trace',
    fleet: '20 × 8B',
    rates: [{ speed: 7 }],
    count: Number.POSITIVE_INFINITY,
    schemes: [omniscient, 'llm-d default', leastRequest, 'round robin'],
    instances: [1],
  },
  underLoad('trace', '20 × 8B', main),
  ...manyShared.flatMap((requests): Experiment[] => [
    { ...underLoad(requests, '20 × 8B', main), instances: [8] },
    { ...underLoad(requests, '20 × 8B', [prefix]), instances: [1] },
  ]),
  ...compared.map(
    (requests): Experiment => ({
      ...underLoad(requests, '20 × 8B', [...others, 'baton prefix, counts shared']),
      rates: [{ load: 0.8 }],
      instances: [8],
    }),
  ),
  underLoad('unshared', '20 × 8B', [omniscient, prefix, alone, 'llm-d default', leastRequest]),
  {
    name: 'bursts',
    requests: 'trace',
    fleet: '20 × 8B',
    rates: loads,
    isRaw: true,
    schemes: [omniscient, prefix, alone, 'llm-d default', leastRequest],
    instances: oneAndEight,
  },
  {
    name: 'ladder',
    requests: 'ladder',
    fleet: '8 × 32B, KV 300k',
    rates: [{ speed: 1 }],
    count: 600,
    schemes: [...main, ...others],
    instances: oneAndEight,
  },
  ...['trace', 'agents'].map(
    (requests): Experiment => ({
      name: 'upgrade',
      requests,
      fleet: '20 × 8B',
      rates: [{ load: 0.8 }],
      schemes: [prefix],
      instances: [8],
      conditions: {
        'no upgrade': (durationMs) => ({ ...usualConditions, window: windowOf(durationMs) }),
        'all eight upgraded': (durationMs) => upgraded(durationMs, true),
        'upgraded, memory lost': (durationMs) => upgraded(durationMs, false),
      },
    }),
  ),
  ...['trace', 'agents'].map(
    (requests): Experiment => ({
      name: 'slow pods',
      requests,
      fleet: '20 × 8B',
      rates: [{ load: 0.6 }],
      schemes: [omniscient, prefix, 'llm-d default', leastRequest],
      instances: [8],
      conditions: { 'five at half speed': () => ({ ...usualConditions, slowPods: 5 }) },
    }),
  ),
  ...['trace', 'agents'].map(
    (requests): Experiment => ({
      name: 'late',
      requests,
      fleet: '20 × 8B',
      rates: [{ load: 0.8 }],
      schemes: [prefix],
      instances: [8],
      conditions: {
        usual: (durationMs) => ({ ...usualConditions, window: awaySpan(durationMs) }),
        'index 1 s old': (durationMs) => ({
          ...usualConditions,
          indexMs: 1_000,
          window: awaySpan(durationMs),
        }),
        'index 5 s old': (durationMs) => ({
          ...usualConditions,
          indexMs: 5_000,
          window: awaySpan(durationMs),
        }),
        'counts 250 ms old': (durationMs) => ({
          ...usualConditions,
          countsMs: 250,
          window: awaySpan(durationMs),
        }),
        'metrics away for 60 s': (durationMs) => ({
          ...usualConditions,
          readingsAway: awaySpan(durationMs),
          window: awaySpan(durationMs),
        }),
      },
    }),
  ),
  ...['trace', 'agents'].map((requests) =>
    underLoad(requests, '8 × 32B', [omniscient, prefix, 'llm-d default', 'llm-d precise', leastRequest]),
  ),
];

function upgraded(durationMs: number, handsOver: boolean): FleetConditions {
  const { fromMs } = windowOf(durationMs);
  const upgrade = { fromMs, untilMs: 0.55 * durationMs, handsOver };
  return { ...usualConditions, upgrade, window: windowOf(durationMs) };
}

/** 60 s in the middle, or half of a shorter run. */
function awaySpan(durationMs: number): { fromMs: number; untilMs: number } {
  const half = Math.min(30_000, durationMs / 4);
  return { fromMs: durationMs / 2 - half, untilMs: durationMs / 2 + half };
}
