import { type ArrivalPattern, meanServiceMs } from './trace.ts';

/** What happens to the instances during a run. */
export const churns = ['none', 'join', 'crash', 'upgrade'] as const;
export type Churn = (typeof churns)[number];

/** A fleet and its traffic. */
export interface Scenario {
  readonly name: string;
  readonly pods: number;
  /** Requests a pod runs at once. */
  readonly slots: number;
  /** Every second pod takes this many times as long; with 1 all pods are equal. */
  readonly slowness: number;
  /** The fraction of all slots that is busy on average. */
  readonly utilisation: number;
  readonly instances: number;
  readonly arrivals: ArrivalPattern;
  /** `sync.minIntervalMs` of the instances. */
  readonly syncMs: number;
  /** Mean latency of a write to etcd, and of a change to a watcher. */
  readonly hopMs: number;
  /** The fraction of writes to etcd that fail. */
  readonly loss: number;
  readonly churn: Churn;
  /** Number of measured requests, after a warm-up. */
  readonly requests: number;
}

export const usual: Scenario = {
  name: 'usual',
  pods: 20,
  slots: 8,
  slowness: 1,
  utilisation: 0.9,
  instances: 8,
  arrivals: 'poisson',
  syncMs: 20,
  hopMs: 2,
  loss: 0,
  churn: 'none',
  requests: 20_000,
};

/** In the order of the table. */
export const scenarios: readonly Scenario[] = [
  usual,
  { ...usual, name: '500 ms sync', syncMs: 500 },
  { ...usual, name: '200 pods', pods: 200 },
  { ...usual, name: '200 pods, 500 ms sync', pods: 200, syncMs: 500 },
  { ...usual, name: 'half of the pods slow', slowness: 2 },
  { ...usual, name: 'bursts', arrivals: 'bursts' },
  { ...usual, name: 'diurnal, busy at noon', arrivals: 'diurnal', utilisation: 0.75 },
  { ...usual, name: 'a tenth of the writes lost', loss: 0.1 },
  { ...usual, name: 'instances join', churn: 'join' },
  { ...usual, name: 'instances crash', churn: 'crash' },
  { ...usual, name: 'instances are upgraded', churn: 'upgrade' },
];

/** Requests per second for the utilisation of the scenario. */
export function requestsPerSecond({ pods, slots, slowness, utilisation }: Scenario): number {
  const slowPods = Math.floor(pods / 2);
  const fullSpeedSlots = slots * (pods - slowPods + slowPods / slowness);
  return (utilisation * fullSpeedSlots * 1000) / meanServiceMs;
}

export function slownessOf(podIndex: number, { slowness }: Scenario): number {
  return podIndex % 2 === 1 ? slowness : 1;
}
